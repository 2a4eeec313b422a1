/**
 * Every secret of the relay is derived from one versioned root, `ROOT_SECRET`:
 *
 *     version ":" 32 octets in base64url        several separated by commas, the first is current
 *
 * New tokens and receipts are made under the current version. Older ones stay listed for as long as what was
 * made under them shall verify.
 *
 * The VOPRF key of the number directory is deliberately not derived from it: whoever holds it can try all
 * numbers, and all route ids depend on it, so it is kept apart and rotates on a schedule of its own.
 */
import { decodeBase64url } from "../../protocol/base64url.ts";

const SECRET_SIZE = 32;
const VERSION = /^(0|[1-9][0-9]{0,2})$/;
const MAX_VERSION = 255;

/**
 * The root's secrets by version, in the order given: the first is current.
 *
 * @throws Error when `text` is malformed. The message does not contain it.
 */
export function readRoot(text: string): ReadonlyMap<number, Uint8Array> {
  // A missing variable reaches us as undefined, whatever its type says.
  if (typeof text !== "string") throw malformed();
  const versions = new Map<number, Uint8Array>();
  for (const entry of text.split(",")) {
    const [version = "", secret = "", ...rest] = entry.split(":");
    const bytes = decodeBase64url(secret, SECRET_SIZE);
    const wellFormed = VERSION.test(version) && Number(version) <= MAX_VERSION && rest.length === 0;
    if (!wellFormed || bytes === undefined || versions.has(Number(version))) throw malformed();
    versions.set(Number(version), bytes);
  }
  return versions;
}

function malformed(): Error {
  return new Error('ROOT_SECRET: "version:32 octets in base64url" expected, or several separated by commas');
}
