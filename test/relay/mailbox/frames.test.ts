import { describe, expect, it } from "vitest";
import { CLOSE } from "../../../src/protocol/close.ts";
import { encodeAcknowledge, encodeRelayFrame, MAX_DEVICE_FRAME } from "../../../src/protocol/frames.ts";
import { WINDOW_BYTES } from "../../../src/protocol/limits.ts";
import { Device, envelope, openMailbox, rows } from "./stage.ts";

describe("a device's frame", () => {
  it("is answered in its order, doubled and unknown ids included", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const id = device.messages[0]?.id ?? 0;
    device.acknowledge(7, id, id);
    await device.confirms(3);
    expect(device.erased).toEqual([
      { id: 7, erased: false },
      { id, erased: true },
      { id, erased: false },
    ]);
    device.acknowledge(id);
    await device.confirms(4);
    expect(device.erased[3]?.erased).toBe(false);
  });

  it("may acknowledge what was pulled and never sent on this socket", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const fitting = WINDOW_BYTES / 65536;
    for (let number = 0; number <= fitting; number++) void stub.deposit(epoch, envelope(number, 65536), 60);
    await device.receives(fitting);
    const pulled = await stub.messages(100);
    const last = pulled.outcome === "messages" ? pulled.messages.at(-1) : undefined;
    device.acknowledge(last?.id ?? 0);
    await device.confirms(1);
    expect(device.erased).toEqual([{ id: last?.id, erased: true }]);
  });

  const malformed: [string, Uint8Array | string][] = [
    ["a text", "hello"],
    ["nothing at all", new Uint8Array(0)],
    ["an acknowledgement of nothing", Uint8Array.of(0x81)],
    ["half an id", encodeAcknowledge([1]).slice(0, 5)],
    ["an id above 2^53", Uint8Array.of(0x81, 255, 255, 255, 255, 255, 255, 255, 255)],
    ["too many ids", new Uint8Array(MAX_DEVICE_FRAME + 8).fill(0x81, 0, 1)],
    ["a frame of the relay's", encodeRelayFrame({ kind: "caught-up" })],
    ["an unknown kind", Uint8Array.of(0x99, 1)],
  ];
  it.each(malformed)("that is %s closes the socket and changes nothing", async (_, frame) => {
    const { stub, epoch, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    device.send(frame);
    expect(await device.closed).toBe(CLOSE.malformedFrame.code);
    expect(device.erased).toEqual([]);
    expect(await rows(stub, "message")).toHaveLength(1);
  });
});
