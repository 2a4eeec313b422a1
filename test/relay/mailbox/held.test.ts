import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { envelope, inStorage, oneTimeKey, openMailbox, randomKey } from "./stage.ts";

describe("what a mailbox shows its owner", () => {
  it("is every row of every table", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    const [body, key] = [envelope(1), randomKey()];
    await stub.deposit(epoch, body, 60);
    await stub.depositRevocable(epoch, key, envelope(2), 60);
    await stub.revoke(epoch, key);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + 60_000)]);
    const held = await stub.held();
    if (held.outcome !== "held") throw new Error(held.outcome);
    const shown = new Map(held.tables.map(({ table, rows }) => [table, rows]));
    expect([...shown.keys()]).toEqual(["mailbox", "message", "one_time_key", "permit", "revocable_deposit"]);
    expect(shown.get("mailbox")).toMatchObject([{ consent_id: consentId, epoch: encodeBase64url(epoch) }]);
    expect(shown.get("message")).toMatchObject([
      { body: { bytes: 2048, sha256: encodeBase64url(sha256(body)) } },
    ]);
    expect(shown.get("revocable_deposit")).toMatchObject([
      { key: encodeBase64url(key), state: "revoked", body: null },
    ]);
    expect(shown.get("one_time_key")).toHaveLength(1);
  });

  it("leaves out what the local emulator keeps for itself", async () => {
    const { stub } = await openMailbox();
    await inStorage(stub, (sql) => sql.exec("CREATE TABLE __miniflare_do_name (name TEXT)"));
    const held = await stub.held();
    if (held.outcome !== "held") throw new Error(held.outcome);
    expect(held.tables.map(({ table }) => table).filter((name) => name.startsWith("_"))).toEqual([]);
  });

  it("includes a table that is added later", async () => {
    const { stub } = await openMailbox();
    await inStorage(stub, (sql) =>
      sql.exec("CREATE TABLE added_later (what TEXT); INSERT INTO added_later VALUES ('x')"),
    );
    expect(await stub.held()).toMatchObject({
      tables: expect.arrayContaining([{ table: "added_later", rows: [{ what: "x" }] }]),
    });
  });
});
