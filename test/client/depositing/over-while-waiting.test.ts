/** A text whose time ends while it waits for the deposit socket. */
import { expect, it, vi } from "vitest";
import { Device } from "../../../src/client/device.ts";
import { Cast } from "../../lying/cast.ts";
import { PretendedSocket } from "./pretended-socket.ts";

/** Of this device only: what another file's device still opens is no sign of this one's. */
const made: PretendedSocket[] = [];
class OwnSocket extends PretendedSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols);
    made.push(this);
  }
}

it("does not leave as now or never, and is told of as expired", async () => {
  const cast = new Cast();
  const [ann, bo] = await cast.acquainted(2);
  if (ann === undefined || bo === undefined) throw new Error("nobody");
  const device = await Device.open({
    vault: ann.vault,
    platform: {
      ...cast.relay.platform,
      WebSocket: OwnSocket as unknown as typeof WebSocket,
      depositsBySocket: true,
    },
  });
  expect((await device.send(bo.address, "first")).state).toBe("held");
  // In several parts, which go by a socket.
  const sending = device.send(bo.address, "long ".repeat(100_000), { ttlSeconds: 1 });
  await vi.waitFor(() => expect(made).toHaveLength(1));
  cast.relay.now += 1500;
  made[0]?.open();
  const { pieces } = await sending;
  expect(new Set(pieces.map(({ state }) => state))).toEqual(new Set(["expired"]));
  expect(made[0]?.frames).toEqual([]);
  expect(cast.relay.mailboxes.held(bo.address)).toHaveLength(1);
  await device.close();
});
