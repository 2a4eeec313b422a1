import { describe, expect, it } from "vitest";
import { Device, envelope, openMailbox, randomKey } from "./stage.ts";
import { statements } from "./statements.ts";

const HELD = 150;
const REVOCABLE = 10;

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
});
