/** A text whose time ends while it waits for the deposit socket. */
import { beforeEach, expect, it, vi } from "vitest";
import { Device } from "../../../src/client/device.ts";
import { Cast } from "../../lying/cast.ts";
import { PretendedSocket } from "./pretended-socket.ts";

beforeEach(() => {
  PretendedSocket.made = [];
});

it("does not leave as now or never, and is told of as expired", async () => {
  const cast = new Cast();
  const [ann, bo] = await cast.acquainted(2);
  if (ann === undefined || bo === undefined) throw new Error("nobody");
  const device = await Device.open({
    vault: ann.vault,
    platform: {
      ...cast.relay.platform,
      WebSocket: PretendedSocket as unknown as typeof WebSocket,
      depositsBySocket: true,
    },
  });
  expect((await device.send(bo.address, "first")).state).toBe("held");
  // In several parts, which go by a socket.
  const sending = device.send(bo.address, "long ".repeat(100_000), { ttlSeconds: 1 });
  await vi.waitFor(() => expect(PretendedSocket.made).toHaveLength(1));
  cast.relay.now += 1500;
  PretendedSocket.made[0]?.open();
  const { pieces } = await sending;
  expect(new Set(pieces.map(({ state }) => state))).toEqual(new Set(["expired"]));
  expect(PretendedSocket.made[0]?.frames).toEqual([]);
  expect(cast.relay.mailboxes.held(bo.address)).toHaveLength(1);
  await device.close();
});
