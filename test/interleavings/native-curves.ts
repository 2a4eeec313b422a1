/**
 * Ed25519 and X25519 by the platform, in the place of `@noble/curves/ed25519.js`: the same octets in a twentieth of the
 * time, which is most of what a schedule costs. What is signed and agreed here has been tested elsewhere.
 */
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, sign, verify } from "node:crypto";

/** What stands before the raw 32 octets in DER (RFC 8410 §7 and §4). */
const FORMS = {
  ed25519: { secret: "302e020100300506032b657004220420", public: "302a300506032b6570032100" },
  x25519: { secret: "302e020100300506032b656e04220420", public: "302a300506032b656e032100" },
} as const;
const RAW_SIZE = 32;

type Noble = typeof import("@noble/curves/ed25519.js");
type Curve = keyof typeof FORMS;

const signing = new Map<string, KeyObject>();

export function withNativeCurves(noble: Noble): Noble {
  return {
    ...noble,
    ed25519: {
      ...noble.ed25519,
      sign: (message, secret) => Uint8Array.from(sign(null, message, secretKey("ed25519", secret))),
      verify: (signature, message, key) => verify(null, message, publicKey("ed25519", key), signature),
    },
    x25519: {
      ...noble.x25519,
      getPublicKey: (secret) => rawPublicKey(secretKey("x25519", secret)),
      getSharedSecret: (secret, key) =>
        Uint8Array.from(
          diffieHellman({ privateKey: secretKey("x25519", secret), publicKey: publicKey("x25519", key) }),
        ),
    },
  };
}

function secretKey(curve: Curve, raw: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from(FORMS[curve].secret, "hex"), raw]);
  // A device signs each of its requests with the same.
  const name = curve === "ed25519" ? key.toString("latin1") : "";
  const made = signing.get(name) ?? createPrivateKey({ key, format: "der", type: "pkcs8" });
  if (name !== "") signing.set(name, made);
  return made;
}

function publicKey(curve: Curve, raw: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from(FORMS[curve].public, "hex"), raw]);
  return createPublicKey({ key, format: "der", type: "spki" });
}

function rawPublicKey(secret: KeyObject): Uint8Array<ArrayBuffer> {
  const der = createPublicKey(secret).export({ format: "der", type: "spki" });
  return Uint8Array.from(der.subarray(-RAW_SIZE));
}
