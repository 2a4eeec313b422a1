import type { Context } from "hono";
import type { Address } from "../../protocol/address.ts";
import type { MailboxCalls, Pass } from "../mailbox/calls.ts";

/** A sender's proof, after edge/bearer.ts. */
interface Recipient {
  readonly address: Address;
  readonly pass: Pass;
  readonly mailbox: MailboxCalls;
}

/** A device's proof, after edge/signed.ts. */
interface SignedDevice {
  readonly address: Address;
  /** As signed: its digest has been recomputed. Empty when there is none. */
  readonly body: Uint8Array;
}

export interface RelayEnv {
  Bindings: Env;
  Variables: {
    recipient: Recipient;
    device: SignedDevice;
    /** On calls that change state. */
    nonce: number;
  };
}

export type RelayContext = Context<RelayEnv>;
