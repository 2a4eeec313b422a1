/**
 * Whether a device signed a statement: Ed25519 as strict as it comes (RFC 8032 §5.1.7). Points and S must be
 * canonical, and the address must be a point of the prime-order subgroup ({@link isTorsionFree}), so that one
 * signature holds for one statement and one address.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { type Address, hasCanonicalY, isTorsionFree } from "./address.ts";

/** Octets of an Ed25519 signature. */
export const SIGNATURE_SIZE = 64;

/** Addresses remembered as torsion-free: the contacts of a busy device, in about 100 KiB. */
const MAX_REMEMBERED = 1024;

/** Platforms' name for it. */
const NAME = "Ed25519";

const torsionFree = new Set<string>();

/** With the library, at once: 1.5 ms. */
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

/**
 * The same with the platform's Ed25519, ten times as fast, where it has one; else with the library.
 *
 * Platforms check the equation without the cofactor (W3C Web Cryptography, Ed25519), the library with it. For a
 * torsion-free address they differ about one kind of signature: one whose R its own signer spoilt with a part of
 * small order. The relay takes none either, and it says nothing that its signer could not say soundly.
 */
export async function verifyDeviceSignatureAsync(
  device: Address,
  statement: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (signature.length !== SIGNATURE_SIZE || !isCanonical(signature)) return false;
  try {
    const { subtle } = crypto;
    const key = await subtle.importKey("raw", new Uint8Array(device.publicKey), NAME, false, ["verify"]);
    if (!(await subtle.verify(NAME, key, new Uint8Array(signature), new Uint8Array(statement)))) return false;
  } catch {
    return verifyDeviceSignature(device, statement, signature);
  }
  return isRememberedTorsionFree(device);
}

/** R and S in their one spelling, whatever a platform thinks of others. */
function isCanonical(signature: Uint8Array): boolean {
  const s = bytesToNumberLE(signature.subarray(SIGNATURE_SIZE / 2));
  return hasCanonicalY(signature.subarray(0, SIGNATURE_SIZE / 2)) && s < ed25519.Point.Fn.ORDER;
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
