import { describe, expect, it, vi } from "vitest";
import { envelope, failWrites, inStorage, live, numberOf, openMailbox, randomKey, rows } from "./stage.ts";

describe("many deposits in one call", () => {
  it("are held in the order given, in one transaction", async () => {
    const { stub, epoch } = await openMailbox();
    const commits = await inStorage(stub, (_, { storage }) => vi.spyOn(storage, "transactionSync"));
    const items = Array.from({ length: 20 }, (_, i) => ({ pass: epoch, envelope: envelope(i), ttl: 60 }));
    const outcomes = await stub.depositMany(items);
    expect(outcomes.every(({ outcome }) => outcome === "held")).toBe(true);
    expect(commits).toHaveBeenCalledOnce();
    commits.mockRestore();
    const held = await stub.messages(100);
    expect(held.outcome === "messages" && held.messages.map(({ body }) => numberOf(body))).toEqual(
      items.map((_, i) => i),
    );
  });

  it("fail each by itself, and are answered in the order given", async () => {
    const { stub, epoch } = await openMailbox();
    const key = randomKey();
    const stranger = { nonce: randomKey(), mayOpen: true };
    const forged = epoch.map((octet) => octet ^ 1);
    const outcomes = await stub.depositMany([
      { pass: epoch, envelope: envelope(1), ttl: 60 },
      { pass: forged, envelope: envelope(2), ttl: 60 },
      { pass: stranger, envelope: envelope(3), ttl: 60 },
      { pass: epoch, envelope: envelope(4), ttl: 60, key },
      { pass: epoch, envelope: envelope(5), ttl: 0 },
      { pass: epoch, envelope: envelope(6), ttl: 60 },
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(
      ["held", "not-authorized", "not-authorized", "held", "expired", "held"], //
    );
    expect(await stub.depositState(epoch, key)).toMatchObject({ outcome: "held" });
    expect(await rows(stub, "message")).toHaveLength(2);
  });

  it("are shown in the order given, also what is now or never among others that are written first", async () => {
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    const plain = (number: number, ttl: number) => ({ pass: epoch, envelope: envelope(number), ttl });
    const outcomes = await stub.depositMany([
      { ...plain(0, 60), key: randomKey() },
      plain(1, 0),
      plain(2, 0),
      plain(3, 60),
      plain(4, 0),
      { ...plain(5, 60), key: randomKey() },
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(
      ["held", "delivered", "delivered", "delivered", "delivered", "held"], //
    );
    await device.receives(6);
    expect(device.numbers).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("overtake none that could not be written, also what is now or never", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { stub, epoch, device } = await live();
    const mend = await failWrites(stub);
    const outcomes = await stub.depositMany([
      { pass: epoch, envelope: envelope(0), ttl: 60, key: randomKey() },
      { pass: epoch, envelope: envelope(1), ttl: 0 },
      { pass: epoch, envelope: envelope(2), ttl: 60 },
    ]);
    mend();
    vi.restoreAllMocks();
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["unavailable", "unavailable", "unavailable"]);
    expect(device.numbers).toEqual([]);
  });

  it("are shown to a live device in the order given", async () => {
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    const items = Array.from({ length: 20 }, (_, i) => ({ pass: epoch, envelope: envelope(i), ttl: 60 }));
    for (const outcome of await stub.depositMany(items)) expect(outcome).toEqual({ outcome: "delivered" });
    expect(device.numbers).toEqual(items.map((_, i) => i));
  });
});
