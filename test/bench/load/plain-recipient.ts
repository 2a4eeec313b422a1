/** A recipient of the two Workers in workers/: id and body come, ids go back, and a count confirms them. */
import { numberIn } from "./body.ts";
import { type Hearing, type OpenSocket, openSocket } from "./recipients.ts";
import { Turn } from "./turn.ts";

const ID_SIZE = 8;

export function openPlainRecipient(url: string, { arrived, confirmed }: Hearing): Promise<OpenSocket> {
  let turn: Turn<number> | undefined;
  return openSocket(url, [], (data, socket) => {
    const first = new DataView(data.buffer).getFloat64(0, true);
    if (data.length === ID_SIZE) {
      confirmed(first);
      return;
    }
    turn ??= new Turn((ids) => socket.send(new Float64Array(ids)));
    turn.add(first);
    arrived(numberIn(data.subarray(ID_SIZE)));
  });
}
