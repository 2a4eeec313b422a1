import type { Address } from "../../protocol/address.ts";
import type { Sign } from "../../protocol/signed-request.ts";

/** Who this device is, as far as its channels must know. */
export interface ChannelIdentity {
  readonly address: Address;
  readonly sign: Sign;
}
