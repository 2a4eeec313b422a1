import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { runSteps, STEPS } from "../../../src/relay/mailbox/schema.ts";
import { absentMailbox, envelope, inStorage, live, openMailbox, randomKey, rows, tables } from "./stage.ts";

describe("the mailbox's schema", () => {
  it("takes an old mailbox through the steps that it has not seen, and only those", async () => {
    const stub = absentMailbox();
    const steps = ["CREATE TABLE first (a)", "CREATE TABLE second (a)", "CREATE TABLE third (a)"];
    await inStorage(stub, (sql) => runSteps(sql, 1, steps));
    expect(await tables(stub)).toEqual(["second", "third"]);
  });

  it("is brought up to date by whatever call comes first", async () => {
    const { stub, epoch } = await openMailbox();
    await inStorage(stub, (sql) => {
      sql.exec("ALTER TABLE revocable_deposit DROP COLUMN unseen; UPDATE mailbox SET schema_step = 1");
      for (const column of [
        "claim_day",
        "claims",
        "claim_limit_reached_at",
        "introductions",
        "erased_permits",
        "seen_day",
        "route_claim",
        "lapsed",
        "confirm_by",
      ])
        sql.exec(`ALTER TABLE mailbox DROP COLUMN ${column}`);
      sql.exec(
        "ALTER TABLE message DROP COLUMN introduced; ALTER TABLE revocable_deposit DROP COLUMN permit",
      );
      sql.exec("DROP TABLE permit");
    });
    await evictDurableObject(stub);
    expect(await stub.revoke(epoch, randomKey())).toMatchObject({ outcome: "revoked" });
    expect(await rows(stub, "revocable_deposit")).toMatchObject([{ unseen: 1 }]);
    expect(await rows(stub, "mailbox")).toMatchObject([{ schema_step: STEPS.length }]);
  });

  it("is brought up to date by an acknowledgement, too, of a socket that outlived the code before", async () => {
    const { stub, epoch, device } = await live();
    await stub.depositRevocable(epoch, randomKey(), envelope(1), 60);
    await device.receives(1);
    await inStorage(stub, (sql) => {
      sql.exec("ALTER TABLE mailbox DROP COLUMN confirm_by; UPDATE mailbox SET schema_step = 6");
    });
    await evictDurableObject(stub);
    device.acknowledge(device.messages[0]?.id ?? 0);
    await device.confirms(1);
    expect(device.erased).toMatchObject([{ erased: true }]);
    expect(await rows(stub, "mailbox")).toMatchObject([{ schema_step: STEPS.length }]);
  });

  it("notes how far a new mailbox has come", async () => {
    const { stub } = await openMailbox();
    expect(await rows(stub, "mailbox")).toMatchObject([{ schema_step: STEPS.length }]);
  });

  it("says of every column what it is for", async () => {
    const { stub } = await openMailbox();
    const created = await inStorage(stub, (sql) =>
      sql
        .exec<{ sql: string }>(
          "SELECT sql FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
        )
        .toArray(),
    );
    const columns = created.flatMap(({ sql }) =>
      sql.split("\n").filter((line) => /^ +[a-z_]+ [A-Z]/.test(line)),
    );
    expect(columns.length).toBeGreaterThan(20);
    expect(columns.filter((line) => !line.includes("--"))).toEqual([]);
  });
});
