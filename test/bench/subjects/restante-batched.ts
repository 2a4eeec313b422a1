/** The same relay, by deposit socket: 20 deposits a frame. */
import { DepositSockets } from "../load/deposit-sockets.ts";
import type { AnySubject, Subject } from "../throughput/subject.ts";
import type { BenchRelay } from "./restante.ts";

const ITEMS_IN_FRAME = 20;
const TTL_SECONDS = 3600;

/** @param posting whose recipients it has: only the way in differs */
export function batchedSubject(relay: BenchRelay, posting: Subject): AnySubject {
  const sockets = new DepositSockets(relay.origin, ITEMS_IN_FRAME);
  return {
    ...posting,
    name: "Restante, 20 a frame",
    batch: ITEMS_IN_FRAME,
    settings: [
      `the same relay, by deposit socket: frames of ${ITEMS_IN_FRAME}, as many frames in flight as others have requests, on as many sockets as the limits ask for`,
    ],
    async deposit(mailbox, envelope) {
      const device = relay.devices[mailbox];
      if (device === undefined) throw new RangeError(`mailbox ${mailbox}`);
      const { address, deliveryToken: bearer } = device;
      const state = await sockets.deposit({ address, bearer, ttlSeconds: TTL_SECONDS, envelope });
      if (state !== "held" && state !== "delivered") throw new Error(`Restante said ${state}`);
    },
    stop: () => sockets.close(),
  };
}
