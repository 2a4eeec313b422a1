import type { Context } from "hono";
import type { Address } from "../../protocol/address.ts";
import type { Recipient } from "./recipient.ts";

/** A device's proof, after edge/signed.ts. */
interface SignedDevice {
  readonly address: Address;
  /** As signed: its digest has been recomputed. Empty when there is none. */
  readonly body: Uint8Array;
}

export interface RelayEnv {
  Bindings: Env;
  Variables: {
    /** A sender's proof, after edge/bearer.ts. */
    recipient: Recipient;
    device: SignedDevice;
    /** On calls that change state. */
    nonce: number;
  };
}

export type RelayContext = Context<RelayEnv>;
