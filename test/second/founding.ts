/** "Founding": its 198 octets, its statement, its seal, and the envelope that carries it. */
import { keyOf, sign, verifies } from "./address.ts";
import { hkdf, sha256 } from "./hashing.ts";
import { openWith, sealTo } from "./hpke.ts";
import { ascii, decoded, integer, join, malformed, named, octet, type Reader, same } from "./octets.ts";
import { KEY_ID, keyHash } from "./one-time-key.ts";
import { sizeOctets, VERSION } from "./sealed-message.ts";
import { statement } from "./statement.ts";

const ADDRESS = 52;
const ENC = 1120;
const FOUNDING = 198;
const CIPHERTEXT = FOUNDING + 16;

/** What an opened founding is remembered by. */
export const MARKED = 1 + KEY_ID + ENC;
/** Before message 0. */
export const FOUNDING_HEAD = MARKED + CIPHERTEXT;

const NONE = new Uint8Array(0);

interface Previous {
  readonly channelId: Uint8Array;
  readonly sealed: number;
}

export interface Founding {
  readonly secret: Uint8Array;
  readonly founder: string;
  readonly previous: Previous | undefined;
  readonly created: number;
  readonly signature: Uint8Array;
}

export function foundingStatement(
  founding: Omit<Founding, "signature">,
  recipient: string,
  hashOfKey: Uint8Array,
): Uint8Array {
  return statement(
    "channel",
    ascii(founding.founder),
    ascii(recipient),
    hashOfKey,
    hkdf(founding.secret, ascii("restante/commitment/1"), 32),
    founding.previous?.channelId ?? NONE,
    integer(founding.previous?.sealed ?? 0),
    integer(founding.created),
  );
}

/** What both ends take from a founding before they forget its secret. */
export function channelOf(founding: Omit<Founding, "signature">, recipient: string, hashOfKey: Uint8Array) {
  const octets = foundingStatement(founding, recipient, hashOfKey);
  return { channelId: sha256(octets), chainKey: hkdf(founding.secret, octets, 32) };
}

export function signFounding(
  founding: Omit<Founding, "signature">,
  seed: Uint8Array,
  recipient: string,
  hashOfKey: Uint8Array,
): Founding {
  return { ...founding, signature: sign(seed, foundingStatement(founding, recipient, hashOfKey)) };
}

export function writeFounding(founding: Founding): Uint8Array {
  const address = join(named(founding.founder), new Uint8Array(ADDRESS - founding.founder.length));
  return join(
    founding.secret,
    address,
    octet(founding.previous === undefined ? 0x00 : 0x01),
    founding.previous?.channelId ?? new Uint8Array(32),
    integer(founding.previous?.sealed ?? 0),
    integer(founding.created),
    founding.signature,
  );
}

function readFounding(octets: Uint8Array): Founding | undefined {
  return decoded(octets, (from) => {
    const secret = from.take(32);
    const founder = from.named();
    if (keyOf(founder) === undefined) malformed();
    if (from.take(ADDRESS - founder.length).some((padding) => padding !== 0)) malformed();
    return {
      secret,
      founder,
      previous: readPrevious(from),
      created: from.integer(),
      signature: from.take(64),
    };
  });
}

function readPrevious(from: Reader): Previous | undefined {
  const had = from.octet();
  const channelId = from.take(32);
  const sealed = from.integer();
  if (had === 0x01) return { channelId, sealed };
  if (had !== 0x00 || sealed !== 0 || !same(channelId, new Uint8Array(32))) malformed();
  return undefined;
}

export function foundingInfo(recipient: string, hashOfKey: Uint8Array): Uint8Array {
  return join(ascii("restante/founding/1"), octet(0), ascii(recipient), hashOfKey);
}

function foundingAad(id: Uint8Array, size: number): Uint8Array {
  return join(VERSION, id, sizeOctets(size));
}

/** All of the envelope before message 0. */
export function sealFounding(
  founding: Founding,
  recipient: string,
  key: { publicKey: Uint8Array },
  randomness: Uint8Array,
  size: number,
): Uint8Array {
  const hash = keyHash(key);
  const id = hash.slice(0, KEY_ID);
  const { enc, ciphertext } = sealTo(
    key.publicKey,
    randomness,
    foundingInfo(recipient, hash),
    foundingAad(id, size),
    writeFounding(founding),
  );
  return join(VERSION, id, enc, ciphertext);
}

/** A founding sealed to this recipient and key and signed for them, or undefined. */
export function openFounding(
  envelope: Uint8Array,
  recipient: string,
  key: { publicKey: Uint8Array; seed: Uint8Array },
): Founding | undefined {
  const hash = keyHash(key);
  const octets = openWith(
    key.seed,
    envelope.slice(1 + KEY_ID, MARKED),
    foundingInfo(recipient, hash),
    foundingAad(hash.slice(0, KEY_ID), envelope.length),
    envelope.slice(MARKED, FOUNDING_HEAD),
  );
  const founding = octets && readFounding(octets);
  if (founding === undefined) return undefined;
  const signed = foundingStatement(founding, recipient, hash);
  return verifies(founding.founder, signed, founding.signature) ? founding : undefined;
}
