/** The same relay, by deposit socket: 20 deposits a frame. */
import { DepositSockets } from "../load/deposit-sockets.ts";
import type { AnySubject } from "../throughput/subject.ts";
import type { BenchRelay, RestanteSubject } from "./restante.ts";

export const ITEMS_IN_FRAME = 20;
const TTL_SECONDS = 3600;

/** @param posting whose recipients it has: only the way in differs */
export function batchedSubject(
  relay: BenchRelay,
  posting: RestanteSubject,
): AnySubject & { heldInstead(): number } {
  const sockets = new DepositSockets(relay.origin, ITEMS_IN_FRAME);
  let [connected, heldInstead] = [false, 0];
  return {
    ...posting,
    name: "Restante, 20 a frame",
    batch: ITEMS_IN_FRAME,
    settings: [
      `the same relay, by deposit socket: frames of ${ITEMS_IN_FRAME}, as many frames in flight as others have requests, but no more than 900 messages in all and 60 live ones a mailbox; on as many sockets as the limits ask for`,
    ],
    async deposit(mailbox, envelope) {
      const device = relay.devices[mailbox];
      if (device === undefined) throw new RangeError(`mailbox ${mailbox}`);
      const { address, deliveryToken: bearer } = device;
      const state = await sockets.deposit({ address, bearer, ttlSeconds: TTL_SECONDS, envelope });
      if (connected && state === "held") heldInstead++;
      else if (state !== (connected ? "delivered" : "held")) throw new Error(`Restante said ${state}`);
    },
    heldInstead: () => heldInstead,
    async connect(mailboxes, arrived) {
      await posting.connect(mailboxes, arrived);
      connected = true;
    },
    async disconnect() {
      connected = false;
      await posting.disconnect();
    },
    stop: () => sockets.close(),
  };
}
