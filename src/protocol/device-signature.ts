/**
 * Whether a device signed a statement: Ed25519 as strict as it comes (RFC 8032 §5.1.7). Points and S must be
 * canonical, and the address must be a point of the prime-order subgroup ({@link isTorsionFree}), so that one
 * signature holds for one statement and one address.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { type Address, isTorsionFree } from "./address.ts";

/** Octets of an Ed25519 signature. */
export const SIGNATURE_SIZE = 64;

/** Addresses remembered as torsion-free: the contacts of a busy device, in about 100 KiB. */
const MAX_REMEMBERED = 1024;

const torsionFree = new Set<string>();

export function verifyDeviceSignature(
  device: Address,
  statement: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== SIGNATURE_SIZE) return false;
  if (!ed25519.verify(signature, statement, device.publicKey, { zip215: false })) return false;
  // Only now: or else how long a forgery takes to be refused would tell whether its alleged signer was met before.
  return isRememberedTorsionFree(device);
}

/** The check costs as much as a signature's and its answer never changes: asked once for a device. */
function isRememberedTorsionFree(device: Address): boolean {
  const known = torsionFree.delete(device.text);
  if (!known && !isTorsionFree(device)) return false;
  torsionFree.add(device.text);
  const [oldest] = torsionFree;
  if (torsionFree.size > MAX_REMEMBERED && oldest !== undefined) torsionFree.delete(oldest);
  return true;
}
