import { describe, expect, it } from "vitest";
import { Reader } from "../../src/local/demo/reader.ts";
import { readEveryFile, readMailboxes } from "../../src/local/storage.ts";
import { pair, readAll } from "./person.ts";
import { eventually, useRelay } from "./relay.ts";

describe("promise 2: the relay gets sealed envelopes only", () => {
  const relay = useRelay();

  it("holds padded envelopes of one size for short texts of any length", async () => {
    const [ann, bo] = await pair(relay().origin);
    for (const text of ["", "a", "b".repeat(300), "ü".repeat(150)]) await ann.send(bo.address, text);
    const bodies = (await readMailboxes(relay().state)).flatMap(({ message = [] }) => message);
    const sizes = bodies.map(({ body }) => (body instanceof Uint8Array ? [body[0], body.length] : body));
    expect(sizes).toEqual(Array.from({ length: 4 }, () => [1, 2048]));
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["", "a", "b".repeat(300), "ü".repeat(150)]);
  });

  it("after a full run no file of its storage holds any part of any text", async () => {
    const secrets = [1, 2, 3, 4, 5, 6].map((n) => `PLAINTEXT-${n}-${crypto.randomUUID()}`);
    const [held, live, expired, revoked, pulled, long] = secrets as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const [ann, bo] = await pair(relay().origin);
    await ann.send(bo.address, held);
    const reader = new Reader(bo);
    expect((await reader.next()).text).toBe(held);
    await ann.send(bo.address, live);
    expect((await reader.next()).text).toBe(live);
    await reader.close();
    await ann.send(bo.address, expired, { ttlSeconds: 1 });
    const regret = await ann.send(bo.address, revoked, { revocable: true });
    await ann.revoke(regret.id);
    await ann.send(bo.address, pulled);
    await ann.send(bo.address, long.repeat(500));
    await eventually(async () => {
      const messages = (await readMailboxes(relay().state)).flatMap(({ message = [] }) => message);
      return messages.length === 2;
    });
    expect((await readAll(bo)).map(({ text }) => text)).toEqual([pulled, long.repeat(500)]);
    await ann.send(bo.address, held);
    await bo.withdraw();
    await relay().restart();

    const files = await readEveryFile(relay().state);
    expect(files.length).toBeGreaterThan(3);
    for (const { path, bytes } of files)
      for (const secret of secrets)
        for (const form of [secret, btoa(secret).slice(4, -6), Buffer.from(secret).toString("hex")])
          expect(bytes.includes(form), `${form} in ${path}`).toBe(false);
  });
});
