import { describe, expect, it, vi } from "vitest";
import { Device, envelope, inStorage, openMailbox, randomKey, rows } from "./stage.ts";
import { statements } from "./statements.ts";

const HELD = 150;
const REVOCABLE = 10;
const TOGETHER = 32;

describe("a backlog that is drained", () => {
  it("is read once, however many acknowledgements it takes: a row for each that is shown, and few besides", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    for (let number = 0; number < HELD; number++) {
      if (number % (HELD / REVOCABLE) === 0)
        await stub.depositRevocable(epoch, randomKey(), envelope(number), 60);
      else await stub.deposit(epoch, envelope(number), 60);
    }
    let acknowledgements = 0;
    const { rowsRead } = await statements(stub, async () => {
      const device = await Device.connect(stub, nonce());
      device.onMessage = ({ id }) => {
        acknowledgements++;
        device.acknowledge(id);
      };
      await device.confirms(HELD);
      expect(device.numbers).toEqual(Array.from({ length: HELD }, (_, number) => number));
    });
    expect(acknowledgements).toBe(HELD);
    // Shown, looked at because the window was full, found to be erased: three each. Its count, and its end, besides.
    expect(rowsRead).toBeLessThan(5 * HELD);
  });

  it("goes in few transactions, when many acknowledgements come together: each is confirmed, in order", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    for (let number = 0; number < TOGETHER; number++) await stub.deposit(epoch, envelope(number), 60);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const commits = await inStorage(stub, (_, { storage }) => vi.spyOn(storage, "transactionSync"));
    const ids = device.messages.map(({ id }) => id);
    for (const id of ids) device.acknowledge(id);
    await device.confirms(TOGETHER);
    expect(device.erased).toEqual(ids.map((id) => ({ id, erased: true })));
    expect(commits.mock.calls.length).toBeLessThan(TOGETHER / 2);
    commits.mockRestore();
    expect(await rows(stub, "message")).toEqual([]);
  });
});
