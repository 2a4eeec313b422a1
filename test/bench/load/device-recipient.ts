/** A device on Restante's mailbox socket, as any client is: it acknowledges at once all that came together. */
import { decodeRelayFrame, encodeAcknowledge } from "../../../src/protocol/frames.ts";
import { MAX_ACKNOWLEDGED_IDS } from "../../../src/protocol/limits.ts";
import type { RawDevice } from "../../scenario/raw-device.ts";
import { numberIn } from "./body.ts";
import { type Hearing, type OpenSocket, openSocket } from "./recipients.ts";
import { Turn } from "./turn.ts";

export async function openDevice(
  device: RawDevice,
  { arrived, confirmed }: Hearing,
  ticket = device.ticket(),
): Promise<OpenSocket> {
  let turn: Turn<number> | undefined;
  const url = `${device.origin.replace("http", "ws")}/v1/mailbox/socket`;
  const { promise: caughtUpOrWaiting, resolve } = Promise.withResolvers<void>();
  const open = await openSocket(url, ["restante.v1", ticket], (data, socket) => {
    const frame = decodeRelayFrame(data);
    if (frame === undefined) throw new Error("not a frame of the relay's");
    resolve();
    if (frame.kind === "erased") confirmed(frame.results.length);
    if (frame.kind !== "message") return;
    turn ??= new Turn((ids) => {
      for (let from = 0; from < ids.length; from += MAX_ACKNOWLEDGED_IDS)
        socket.send(new Uint8Array(encodeAcknowledge(ids.slice(from, from + MAX_ACKNOWLEDGED_IDS))));
    });
    turn.add(frame.id);
    arrived(numberIn(frame.body));
  });
  await Promise.race([caughtUpOrWaiting, open.broken]);
  return open;
}
