/**
 * The octets of docs/channels.md, written out a second time for the vectors: from node:crypto (SHA-256, HKDF, HMAC,
 * Ed25519, ChaCha20-Poly1305) and the X-Wing of @noble/post-quantum, which takes its randomness from outside. Only
 * XChaCha20-Poly1305 is the SDK's own. Imports nothing of src/.
 */
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  hkdfSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ml_kem768_x25519 } from "@noble/post-quantum/hybrid.js";

export const ascii = (text: string) => Buffer.from(text, "latin1");
export const octet = (value: number) => Buffer.from([value]);
export const short = (value: number) => Buffer.from([value >> 8, value & 0xff]);
export const integer = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
export const join = (...parts: Uint8Array[]) => Buffer.concat(parts);
export const named = (text: string) => join(octet(text.length), ascii(text));
export const sha256 = (...parts: Uint8Array[]) =>
  createHash("sha256")
    .update(join(...parts))
    .digest();
export const statement = (kind: string, fields: Uint8Array[]) =>
  join(ascii(`restante/${kind}/1\0`), ...fields.flatMap((field) => [short(field.length), field]));

/** What would be random, so that every octet of the vectors can be made again: SHA-256 of what it is for. */
export const secretFor = (name: string) => sha256(ascii(name));

const hkdf = (key: Uint8Array, info: Uint8Array, length: number) =>
  Buffer.from(hkdfSync("sha256", key, new Uint8Array(), info, length));

export interface Party {
  readonly seed: Buffer;
  readonly address: string;
  readonly sign: (bytes: Uint8Array) => Buffer;
}

/** A device. Its Ed25519 key in the PKCS #8 form of RFC 8410. */
export function party(name: string, jurisdiction: string): Party {
  const seed = secretFor(`${name}'s seed`);
  const der = join(Buffer.from("302e020100300506032b657004220420", "hex"), seed);
  const key: KeyObject = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const x = key.export({ format: "jwk" }).x ?? "";
  return { seed, address: `${x}${jurisdiction}`, sign: (bytes) => sign(null, bytes, key) };
}

export interface Key {
  readonly privateKey: Buffer;
  readonly publicKey: Uint8Array;
  readonly keyHash: Buffer;
  readonly lastResort: boolean;
  readonly expires: number;
  readonly statement: Buffer;
  readonly signature: Buffer;
}

/** A key to found on, of `owner`'s. */
export function keyOf(owner: Party, name: string, expires: number): Key {
  const privateKey = secretFor(name);
  const { publicKey } = ml_kem768_x25519.keygen(privateKey);
  const keyHash = sha256(publicKey);
  const signed = statement("key", [ascii(owner.address), keyHash, octet(0), integer(expires)]);
  const signature = owner.sign(signed);
  return { privateKey, publicKey, keyHash, lastResort: false, expires, statement: signed, signature };
}

export function step(chainKey: Uint8Array) {
  const out = hkdf(chainKey, ascii("restante/step/1"), 80);
  return { nextChainKey: out.subarray(0, 32), messageKey: out.subarray(32, 64), tag: out.subarray(64) };
}

const aadOf = (id: Uint8Array, size: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(size);
  return join(octet(1), id, bytes);
};

/** Fills `room` octets of an envelope of `size`. */
function sealMessage(
  keys: ReturnType<typeof step>,
  nonce: Uint8Array,
  content: Uint8Array,
  room: number,
  size: number,
) {
  const padded = Buffer.alloc(room - 24 - 16);
  short(content.length).copy(padded);
  padded.set(content, 2);
  return join(nonce, xchacha20poly1305(keys.messageKey, nonce, aadOf(keys.tag, size)).encrypt(padded));
}

/** HPKE base mode (RFC 9180 §5.1), one message. */
function hpkeSeal(
  key: Key,
  randomness: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
) {
  const suite = join(ascii("HPKE"), short(0x647a), short(0x0001), short(0x0003));
  const hmac = (secret: Uint8Array, ...parts: Uint8Array[]) =>
    createHmac("sha256", secret)
      .update(join(...parts))
      .digest();
  const extract = (salt: Uint8Array, label: string, ikm: Uint8Array) =>
    hmac(salt, ascii("HPKE-v1"), suite, ascii(label), ikm);
  const none = new Uint8Array();
  const { cipherText: enc, sharedSecret } = ml_kem768_x25519.encapsulate(key.publicKey, randomness);
  const context = join(octet(0), extract(none, "psk_id_hash", none), extract(none, "info_hash", info));
  const secret = extract(sharedSecret, "secret", none);
  const expand = (label: string, length: number) =>
    hmac(secret, short(length), ascii("HPKE-v1"), suite, ascii(label), context, octet(1)).subarray(0, length);
  const cipher = createCipheriv("chacha20-poly1305", expand("key", 32), expand("base_nonce", 12), {
    authTagLength: 16,
  });
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  const sealed = join(cipher.update(plaintext), cipher.final());
  return { enc, ciphertext: join(sealed, cipher.getAuthTag()) };
}

export interface Begun {
  readonly channelId: Buffer;
  /** Of the next message. */
  chainKey: Buffer;
  next: number;
  /** For the file. */
  readonly inputs: object;
  readonly envelopeOf: (messageZero: Uint8Array, size: number) => Buffer;
}

/** Founds a channel, all but its message 0. */
export function found(
  name: string,
  founder: Party,
  recipient: Party,
  key: Key,
  created: number,
  previous?: { channelId: Uint8Array; next: number },
): Begun {
  const secret = secretFor(`the secret of ${name}`);
  const randomness = join(secretFor(`${name}, ML-KEM`), secretFor(`${name}, X25519`));
  const commitment = hkdf(secret, ascii("restante/commitment/1"), 32);
  const sealed = integer(previous?.next ?? 0);
  const signed = statement("channel", [
    ascii(founder.address),
    ascii(recipient.address),
    key.keyHash,
    commitment,
    previous?.channelId ?? new Uint8Array(),
    sealed,
    integer(created),
  ]);
  const founding = join(
    secret,
    named(founder.address),
    Buffer.alloc(52 - founder.address.length),
    octet(previous === undefined ? 0 : 1),
    previous?.channelId ?? Buffer.alloc(32),
    sealed,
    integer(created),
    founder.sign(signed),
  );
  const info = join(ascii(`restante/founding/1\0${recipient.address}`), key.keyHash);
  const channelId = sha256(signed);
  const chainKey = hkdf(secret, signed, 32);
  const keyId = key.keyHash.subarray(0, 16);
  const envelopeOf = (messageZero: Uint8Array, size: number) => {
    const { enc, ciphertext } = hpkeSeal(key, randomness, info, aadOf(keyId, size), founding);
    return join(octet(1), keyId, enc, ciphertext, messageZero);
  };
  const told = previous && { channelId: previous.channelId, sealed: previous.next };
  const inputs = {
    key,
    secret,
    randomness,
    created,
    previous: told,
    commitment,
    statement: signed,
    channelId,
    info,
    founding,
  };
  return { channelId, chainKey, next: 0, inputs, envelopeOf };
}

/** Seals `content` as the channel's next message, in an envelope of 2 KiB; gives all that stands in the file. */
export function sealNext(channel: Begun, name: string, content: Uint8Array) {
  const size = 2048;
  const { chainKey, next: position } = channel;
  const keys = step(chainKey);
  const nonce = secretFor(`the nonce of ${name}`).subarray(0, 24);
  const envelope =
    position === 0
      ? channel.envelopeOf(sealMessage(keys, nonce, content, size - 1351, size), size)
      : join(octet(1), keys.tag, sealMessage(keys, nonce, content, size - 17, size));
  channel.chainKey = keys.nextChainKey;
  channel.next++;
  return { position, chainKey, messageKey: keys.messageKey, tag: keys.tag, nonce, content, envelope };
}
