/** Codes with which the relay closes a socket (RFC 6455 §7.4.2, private range), and what to do then. */
export const CLOSE = {
  /** A newer socket of the same device took over. Do not reconnect: the other one would be replaced in turn. */
  replaced: { code: 4000, reason: "replaced by a newer socket" },
  /** A frame that is not the protocol's. A bug on the device: reconnecting at once would repeat it. */
  malformedFrame: { code: 4001, reason: "malformed frame" },
  /** The consent has been withdrawn; the mailbox is being erased. Do not reconnect. */
  withdrawn: { code: 4002, reason: "consent withdrawn" },
  /** The relay could not read or write its storage. Reconnect after a while. */
  unavailable: { code: 4003, reason: "try again later" },
  /** More unanswered on a deposit socket than it takes. A bug in the sender: what it sent is not all known to be done. */
  overrun: { code: 4004, reason: "more unanswered than may be" },
  /** Nothing was deposited for a while. Open another when there is something. */
  idle: { code: 4005, reason: "idle" },
  /** A deposit socket took as many as it takes, and all are answered. Open another. */
  usedUp: { code: 4006, reason: "used up: open another" },
} as const;
