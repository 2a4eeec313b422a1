/**
 * Makes test/vectors/channel.json: `node test/vectors/make-channel-vectors.ts`.
 *
 * It writes the protocol out a second time, from docs/channels.md and independent parts (node:crypto for HKDF,
 * SHA-256 and Ed25519, the `hpke` package for HPKE; XChaCha20-Poly1305 has only one implementation here), and
 * imports nothing of src/: the SDK is then held to the file. Random values differ from run to run.
 */
import { createHash, createPrivateKey, hkdfSync, randomBytes, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import * as HPKE from "hpke";

const START = 1_767_614_400_000;
const SIZE = 2048;

const suite = new HPKE.CipherSuite(
  HPKE.KEM_MLKEM768_X25519,
  HPKE.KDF_HKDF_SHA256,
  HPKE.AEAD_ChaCha20Poly1305,
);

const ascii = (text: string) => Buffer.from(text, "latin1");
const short = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const integer = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const size = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
const hkdf = (key: Uint8Array, info: Uint8Array, length: number) =>
  Buffer.from(hkdfSync("sha256", key, new Uint8Array(), info, length));
const statement = (kind: string, fields: Uint8Array[]) =>
  Buffer.concat([ascii(`restante/${kind}/1\0`), ...fields.flatMap((field) => [short(field.length), field])]);

/** An Ed25519 private key from its seed, in the PKCS #8 form of RFC 8410. */
function device(jurisdiction: string) {
  const seed = randomBytes(32);
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const x = key.export({ format: "jwk" }).x ?? "";
  return { seed, key, address: `${x}${jurisdiction}` };
}

function step(chainKey: Uint8Array) {
  const out = hkdf(chainKey, ascii("restante/step/1"), 80);
  return { nextChainKey: out.subarray(0, 32), messageKey: out.subarray(32, 64), tag: out.subarray(64) };
}

function sealMessage(keys: ReturnType<typeof step>, plaintext: Uint8Array, room: number) {
  const nonce = randomBytes(24);
  const padded = Buffer.alloc(room - 40);
  short(plaintext.length).copy(padded);
  padded.set(plaintext, 2);
  const aad = Buffer.concat([Buffer.from([1]), keys.tag, size(SIZE)]);
  return Buffer.concat([nonce, xchacha20poly1305(keys.messageKey, nonce, aad).encrypt(padded)]);
}

const founder = device("");
const recipient = device(".eu");

const members = sha256(
  ascii("restante/members/1\0"),
  ...[founder.address, recipient.address].sort().flatMap((text) => [Buffer.from([text.length]), ascii(text)]),
);
const conversation = sha256(ascii("restante/conversation/1\0"), members).subarray(0, 16);
const textOf = (counter: number, body: string, replyTo: Uint8Array) =>
  Buffer.concat([
    Buffer.from([1, replyTo.length > 0 ? 4 : 0]),
    integer(START),
    short(0),
    replyTo,
    randomBytes(16),
    conversation,
    members,
    integer(counter),
    Buffer.from(body, "utf8"),
  ]);

const pair = await suite.GenerateKeyPair(true);
const publicKey = await suite.SerializePublicKey(pair.publicKey);
const privateKey = await suite.SerializePrivateKey(pair.privateKey);
const keyHash = sha256(publicKey);
const keyId = keyHash.subarray(0, 16);
const keyStatement = statement("key", [
  ascii(recipient.address),
  keyHash,
  Buffer.from([0]),
  integer(START + 14 * 86_400_000),
]);

const secret = randomBytes(32);
const commitment = hkdf(secret, ascii("restante/commitment/1"), 32);
const previous = randomBytes(32);
const channelStatement = statement("channel", [
  ascii(founder.address),
  ascii(recipient.address),
  keyHash,
  commitment,
  previous,
  integer(17),
  integer(START),
]);
const channelId = sha256(channelStatement);
const founding = Buffer.concat([
  secret,
  Buffer.from([founder.address.length]),
  ascii(founder.address),
  Buffer.alloc(52 - founder.address.length),
  Buffer.from([1]),
  previous,
  integer(17),
  integer(START),
  sign(null, channelStatement, founder.key),
]);

const origin = ascii("https://relay.example");
const replyTo = Buffer.concat([randomBytes(49), Buffer.from([origin.length]), origin]);
const info = Buffer.concat([ascii(`restante/founding/1\0${recipient.address}`), keyHash]);
const aad = Buffer.concat([Buffer.from([1]), keyId, size(SIZE)]);
const sealed = await suite.Seal(pair.publicKey, founding, { info, aad });

let chainKey: Uint8Array = hkdf(secret, channelStatement, 32);
const messages = ["hello", "how are you? ✓", ""].map((body, position) => {
  const keys = step(chainKey);
  const plaintext = textOf(position + 1, body, position === 0 ? replyTo : Buffer.alloc(0));
  const envelope =
    position === 0
      ? Buffer.concat([
          Buffer.from([1]),
          keyId,
          sealed.encapsulatedSecret,
          sealed.ciphertext,
          sealMessage(keys, plaintext, SIZE - 1351),
        ])
      : Buffer.concat([Buffer.from([1]), keys.tag, sealMessage(keys, plaintext, SIZE - 17)]);
  const made = { position, chainKey, messageKey: keys.messageKey, tag: keys.tag, body, plaintext, envelope };
  chainKey = keys.nextChainKey;
  return made;
});

const vectors = {
  source: "Made by test/vectors/make-channel-vectors.ts from docs/channels.md. Octets are hex.",
  created: START,
  founder: { seed: founder.seed, address: founder.address },
  recipient: { seed: recipient.seed, address: recipient.address },
  key: { privateKey, publicKey, keyHash, statement: keyStatement },
  founding: {
    secret,
    commitment,
    previous,
    sealed: 17,
    statement: channelStatement,
    channelId,
    info,
    aad,
    founding,
  },
  conversation: { members, conversation },
  messages,
};
const file = new URL("./channel.json", import.meta.url);
const asHex = (_: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  const json = value as { type?: unknown; data?: unknown } | null;
  return json?.type === "Buffer" ? Buffer.from(json.data as number[]).toString("hex") : value;
};
writeFileSync(file, `${JSON.stringify(vectors, asHex, 2)}\n`);
