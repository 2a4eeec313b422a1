/** Codes with which the relay closes a mailbox socket (RFC 6455 §7.4.2, private range), and what to do then. */
export const CLOSE = {
  /** A newer socket of the same device took over. Do not reconnect: the other one would be replaced in turn. */
  replaced: { code: 4000, reason: "replaced by a newer socket" },
  /** A frame that is not the protocol's. A bug on the device: reconnecting at once would repeat it. */
  malformedFrame: { code: 4001, reason: "malformed frame" },
  /** The consent has been withdrawn; the mailbox is being erased. Do not reconnect. */
  withdrawn: { code: 4002, reason: "consent withdrawn" },
  /** The relay could not read or write its storage. Reconnect after a while. */
  unavailable: { code: 4003, reason: "try again later" },
} as const;
