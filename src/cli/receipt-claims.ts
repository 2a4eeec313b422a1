import { decodeBase64url } from "../protocol/base64url.ts";
import { decodeUtf8 } from "../protocol/utf8.ts";
import { Failure } from "./failure.ts";

/** What a compact JWS says (RFC 7515 §7.1). Its signature is checked by whoever doubts it. */
export function readClaims(receipt: string): unknown {
  const payload = decodeBase64url(receipt.split(".")[1] ?? "");
  try {
    return JSON.parse((payload && decodeUtf8(payload)) ?? "");
  } catch {
    throw new Failure("relay-protocol", `The relay's receipt can't be read; keep it: ${receipt}`);
  }
}
