import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeAcknowledge } from "../../src/protocol/frames.ts";
import { upgrade } from "./plain-http.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { refusals } from "./refusals.ts";
import { useRelay } from "./relay.ts";

describe("bad input on the way to the socket and on it gets its answer and changes nothing", () => {
  const relay = useRelay();
  const { stored, refused } = refusals(relay);
  let device: RawDevice;

  beforeAll(async () => {
    device = await RawDevice.consenting(relay().origin);
    await deposit(device, anyEnvelope());
  });

  it("tickets: used, old, foreign, for another relay, of nobody here, two, and none at all", async () => {
    const asked = (...protocols: string[]) => upgrade(device.origin, ...protocols);
    const used = device.ticket();
    const socket = await device.connect(used);
    await refused("nonce-used", () => asked("restante.v1", used));
    const { secretKey } = ed25519.keygen();
    for (const ticket of [
      device.ticket({ created: Date.now() - 62_000 }),
      device.ticket({ created: Date.now() + 65_000 }),
      device.ticket({ origin: "https://elsewhere.example" }),
      device.ticket({ secretKey }),
      "restante.ticket.AAAA.AAAA",
      "nonsense",
    ])
      await refused("ticket-invalid", () => asked("restante.v1", ticket));
    await refused("ticket-invalid", () => asked("restante.v1", device.ticket(), device.ticket()));
    await refused("ticket-invalid", () => asked("restante.v1"));
    await refused("upgrade-required", () => asked(device.ticket()));
    await refused("upgrade-required", () => fetch(`${device.origin}/v1/mailbox/socket`));
    const stranger = new RawDevice(relay().origin);
    await refused("no-consent", () => asked("restante.v1", stranger.ticket()));
    socket.close();
  });

  it.each([
    ["empty", new Uint8Array()],
    ["of an unknown kind", Uint8Array.of(0x7f, 1, 2, 3)],
    ["the relay's own", Uint8Array.of(0x02)],
    ["cut short", encodeAcknowledge([1]).slice(0, 5)],
    ["oversized", Uint8Array.of(0x81, ...new Uint8Array(8 * 257))],
    ["a megabyte of noise", new Uint8Array(1_000_000).fill(7)],
  ] as const)("a frame that is %s closes the socket", async (_, frame) => {
    const before = await stored();
    const socket = await device.connect();
    socket.send(frame);
    expect((await socket.closed).code).toBe(4001);
    expect(await stored()).toEqual(before);
  });

  it("text on the socket that is not a ping", async () => {
    const before = await stored();
    const socket = await device.connect();
    socket.socket.send("hello");
    expect((await socket.closed).code).toBe(4001);
    expect(await stored()).toEqual(before);
  });
});
