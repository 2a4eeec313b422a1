/**
 * Makes test/vectors/protocol.json: `node test/vectors/make-protocol-vectors.ts && npm run format`.
 *
 * It writes the outer protocol out a second time, from docs/protocol.md and node:crypto, and imports nothing
 * of src/, which is then held to the file. XChaCha20-Poly1305 is the second implementation's; only the group of the
 * blinded look-ups is the SDK's library. Nothing in it is random: every run makes the same octets.
 */
import { createHash, createPrivateKey, sign as ed25519, hkdfSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { ristretto255_oprf } from "@noble/curves/ed25519.js";
import { xSeal } from "../second/chacha20-poly1305.ts";

const START = 1_767_614_400_000;
const ORIGIN = "https://relay.example";

const utf8 = (text: string) => Buffer.from(text, "utf8");
const integer = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
/** `count` octets that count up from `first`. */
const counting = (count: number, first: number) =>
  Buffer.from(Array.from({ length: count }, (_, i) => (first + i) & 0xff));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
const statement = (kind: string, fields: Uint8Array[]) =>
  Buffer.concat([
    utf8(`restante/${kind}/1`),
    Buffer.from([0]),
    ...fields.flatMap((field) => [Buffer.from([field.length >> 8, field.length & 0xff]), field]),
  ]);

/** The seed, in the PKCS #8 form of RFC 8410. */
const secretKey = counting(32, 0);
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), secretKey]),
  format: "der",
  type: "pkcs8",
});
const sign = (bytes: Uint8Array) => ed25519(null, bytes, privateKey);
const publicKey = Buffer.from(privateKey.export({ format: "jwk" }).x ?? "", "base64url");
const address = `${base64url(publicKey)}.eu`;

const notice = {
  version: 3,
  controller: "Example Relay, Wellington",
  texts: [
    { language: "de", text: "Worin Sie einwilligen ✓\n" },
    { language: "en", text: "What you agree to, naïvely put ✓\n" },
  ],
};
const noticeStatement = statement("notice", [
  integer(notice.version),
  utf8(notice.controller),
  ...notice.texts.flatMap(({ language, text }) => [utf8(language), sha256(utf8(text))]),
]);
const noticeHash = sha256(noticeStatement);

const consent = {
  address,
  noticeHash,
  purposes: ["messaging", "wake-up"],
  jurisdiction: "eu",
  method: "cli",
  created: START,
  salt: counting(16, 0x40),
};
const consentStatement = statement("consent", [
  utf8(consent.address),
  consent.noticeHash,
  utf8(consent.purposes.join(" ")),
  utf8(consent.jurisdiction),
  utf8(consent.method),
  integer(consent.created),
  consent.salt,
]);

const withdrawal = { address, consentId: base64url(counting(16, 0x60)) };
const withdrawalStatement = statement("withdrawal", [utf8(withdrawal.address), counting(16, 0x60)]);

const ticket = { address, origin: ORIGIN, created: START + 1, nonce: 41 };
const ticketStatement = statement("ticket", [
  utf8(ticket.address),
  utf8(ticket.origin),
  integer(ticket.created),
  integer(ticket.nonce),
]);
const ticketSignature = sign(ticketStatement);

/** Not a point that anyone has the secret of: only its octets matter here. */
const keyOctets = counting(1216, 0x80);
const keyExpires = START + 14 * 24 * 60 * 60 * 1000;
const oneTimeKeys = [false, true].map((lastResort) => {
  const bytes = statement("key", [
    utf8(address),
    sha256(keyOctets),
    Buffer.from([lastResort ? 1 : 0]),
    integer(keyExpires),
  ]);
  const signature = sign(bytes);
  return {
    lastResort,
    expires: keyExpires,
    statement: bytes,
    signature,
    json: {
      publicKey: base64url(keyOctets),
      lastResort,
      expires: keyExpires,
      signature: base64url(signature),
    },
  };
});

/** The signature base of RFC 9421 §2.5, line by line. */
function signedRequest(request: { method: string; url: string; body?: string; nonce?: number }) {
  const { method, url, body, nonce } = request;
  const created = START / 1000;
  const digest = body === undefined ? undefined : `sha-256=:${sha256(utf8(body)).toString("base64")}:`;
  const covered = digest === undefined ? "" : ' "content-digest"';
  const counted = nonce === undefined ? "" : `;nonce="${nonce}"`;
  const parameters = `("@method" "@target-uri"${covered});created=${created};keyid="${address}";alg="ed25519";tag="restante"${counted}`;
  const base = [
    `"@method": ${method}`,
    `"@target-uri": ${url}`,
    ...(digest === undefined ? [] : [`"content-digest": ${digest}`]),
    `"@signature-params": ${parameters}`,
  ].join("\n");
  return {
    ...request,
    created,
    ...(digest === undefined ? {} : { contentDigest: digest }),
    base,
    signatureInput: `restante=${parameters}`,
    signature: `restante=:${sign(utf8(base)).toString("base64")}:`,
  };
}

const IDS = [1_810_037_145_600_000, 1_810_037_145_600_001];
const [first = 0, second = 0] = IDS;
const envelope = Buffer.concat([Buffer.from([1]), counting(16, 0xa0), counting(2048 - 17, 0)]);
const heldUntil = START + 7 * 24 * 60 * 60 * 1000;
const message = (revocable: boolean) => ({
  id: first,
  heldUntil,
  revocable,
  envelope,
  octets: Buffer.concat([
    Buffer.from([0x01, revocable ? 1 : 0]),
    integer(first),
    integer(heldUntil),
    envelope,
  ]),
});

const token = { rootVersion: 1, epoch: counting(16, 0x10), mac: counting(32, 0xc0) };
const deliveryToken = base64url(Buffer.concat([Buffer.from([token.rootVersion]), token.epoch, token.mac]));

/** RFC 9497 §3.3.2 with a blind of any kind: the output does not depend on it. */
function outputOf(keys: { secretKey: Uint8Array; publicKey: Uint8Array }, input: Uint8Array) {
  const { voprf } = ristretto255_oprf;
  const { blind, blinded } = voprf.blind(input);
  const { evaluated, proof } = voprf.blindEvaluate(keys.secretKey, keys.publicKey, blinded);
  return Buffer.from(voprf.finalize(input, blind, evaluated, blinded, keys.publicKey, proof));
}

const number = "+64211234567";
const directoryKeys = ristretto255_oprf.voprf.deriveKeyPair(counting(32, 0x20), utf8("restante vectors"));
const tag = outputOf(directoryKeys, utf8(number));
const routeKeys = Buffer.from(hkdfSync("sha256", tag, new Uint8Array(), utf8("restante/route/1"), 48));
const routeId = routeKeys.subarray(0, 16);
const routeBits = Array.from(routeId, (octet) => octet.toString(2).padStart(8, "0")).join("");
const verifiedDay = 20_458;
const entryPlain = Buffer.concat([
  Buffer.from([1, address.length]),
  utf8(address),
  Buffer.alloc(52 - address.length),
  Buffer.from([verifiedDay >> 8, verifiedDay & 0xff]),
]);
const entryNonce = counting(24, 0x30);
const entry = Buffer.concat([
  entryNonce,
  Buffer.from(xSeal(routeKeys.subarray(16), entryNonce, routeId, entryPlain)),
]);
/** 63 rows beside the entry's: 21 before it and 42 behind. */
const otherRows = Array.from({ length: 63 }, (_, i) => {
  const row = counting(112, i);
  const far = Buffer.from(routeId);
  far[15] = ((routeId[15] ?? 0) + i) & 0xff;
  far[0] = i < 21 ? 0 : 0xff;
  return Buffer.concat([far, row.subarray(16)]);
});
const bucket = Buffer.concat(
  [...otherRows, Buffer.concat([routeId, entry])].sort((a, b) =>
    a.subarray(0, 16).compare(b.subarray(0, 16)),
  ),
);

const introductionKeys = ristretto255_oprf.voprf.deriveKeyPair(counting(32, 0x50), utf8("restante vectors"));
const introductionNonce = counting(16, 0x70);
const introductionDay = START / (24 * 60 * 60 * 1000);
const introductionInput = statement("introduction", [
  introductionNonce,
  utf8(address),
  integer(Math.floor(introductionDay)),
]);
const introductionOutput = outputOf(introductionKeys, introductionInput);

/** Two items for the deposit socket, the second revocable, and an answer of each kind. */
const ascii = (text: string) => Buffer.concat([Buffer.from([text.length]), utf8(text)]);
const deposits = [
  { number: 1, ttlSeconds: 604_800 },
  { number: 2, ttlSeconds: 60, key: counting(16, 0x30) },
].map((item) => ({
  ...{ ...item, address, bearer: deliveryToken },
  envelope: Buffer.concat([Buffer.from([0x01]), counting(2047, item.number)]),
}));
const depositOctets = deposits.map(({ number, ttlSeconds, key, envelope }) =>
  Buffer.concat([
    ...[integer(number), Buffer.from([key === undefined ? 0 : 1]), integer(ttlSeconds)],
    ...[key ?? Buffer.alloc(0), ascii(address), ascii(deliveryToken)],
    ...[Buffer.from([0, 0, envelope.length >> 8, envelope.length & 0xff]), envelope],
  ]),
);
const refusal = (status: number, code: string, retryAfter: number) =>
  Buffer.concat([Buffer.from([0, status >> 8, status & 0xff]), integer(retryAfter), ascii(code)]);
const depositAnswers = [
  { result: { state: "delivered" }, octets: Buffer.from([1]) },
  {
    result: { state: "held", heldUntil: START + 60_000 },
    octets: Buffer.concat([Buffer.from([2]), integer(START + 60_000)]),
  },
  { result: { state: "expired" }, octets: Buffer.from([3]) },
  { result: { state: "revoked" }, octets: Buffer.from([4]) },
  { result: { state: "undecided" }, octets: Buffer.from([5]) },
  { result: { status: 401, code: "not-authorized" }, octets: refusal(401, "not-authorized", 0) },
  {
    result: { status: 429, code: "mailbox-full", retryAfterSeconds: 600 },
    octets: refusal(429, "mailbox-full", 600),
  },
];

const vectors = {
  source: "Made by test/vectors/make-protocol-vectors.ts from docs/protocol.md. Octets are hex.",
  device: { secretKey, publicKey, jurisdiction: "eu", address },
  notice: { ...notice, statement: noticeStatement, hash: noticeHash },
  consent: { ...consent, statement: consentStatement, signature: sign(consentStatement) },
  withdrawal: { ...withdrawal, statement: withdrawalStatement, signature: sign(withdrawalStatement) },
  ticket: {
    ...ticket,
    statement: ticketStatement,
    signature: ticketSignature,
    subprotocol: `restante.ticket.${base64url(ticketStatement)}.${base64url(ticketSignature)}`,
  },
  oneTimeKeys: {
    publicKey: keyOctets,
    keyHash: sha256(keyOctets),
    keyId: sha256(keyOctets).subarray(0, 16),
    keys: oneTimeKeys,
  },
  requests: [
    signedRequest({ method: "GET", url: `${ORIGIN}/v1/mailbox/messages?limit=10` }),
    signedRequest({
      method: "DELETE",
      url: `${ORIGIN}/v1/mailbox/messages`,
      body: JSON.stringify({ ids: IDS }),
      nonce: 42,
    }),
  ],
  frames: {
    messages: [message(false), message(true)],
    caughtUp: { octets: Buffer.from([0x02]) },
    erased: {
      results: [
        { id: first, erased: true },
        { id: second, erased: false },
      ],
      octets: Buffer.concat([
        Buffer.from([0x03]),
        integer(first),
        Buffer.from([1]),
        integer(second),
        Buffer.from([2]),
      ]),
    },
    notices: [
      { what: "notice-changed", octets: Buffer.from([0x04, 1]) },
      { what: "number-claimed", octets: Buffer.from([0x04, 2]) },
    ],
    acknowledge: { ids: IDS, octets: Buffer.concat([Buffer.from([0x81]), ...IDS.map(integer)]) },
  },
  depositFrames: {
    deposits: { items: deposits, octets: Buffer.concat([Buffer.from([0x81]), ...depositOctets]) },
    answers: {
      answers: depositAnswers.map(({ result }, i) => ({ number: i + 1, result })),
      octets: Buffer.concat([
        Buffer.from([0x01]),
        ...depositAnswers.flatMap(({ octets }, i) => [integer(i + 1), octets]),
      ]),
    },
  },
  card: {
    relay: ORIGIN,
    address,
    token,
    tokenStatement: statement("delivery", [utf8(address), token.epoch]),
    deliveryToken,
    text: `${ORIGIN}/card#${address}~${deliveryToken}`,
  },
  introduction: {
    secretKey: Buffer.from(introductionKeys.secretKey),
    publicKey: Buffer.from(introductionKeys.publicKey),
    keyVersion: 2,
    nonce: introductionNonce,
    address,
    madeAt: START,
    day: Math.floor(introductionDay),
    input: introductionInput,
    output: introductionOutput,
    token: base64url(
      Buffer.concat([
        Buffer.from([2]),
        introductionNonce,
        integer(Math.floor(introductionDay)),
        introductionOutput,
      ]),
    ),
  },
  directory: {
    number,
    secretKey: Buffer.from(directoryKeys.secretKey),
    publicKey: Buffer.from(directoryKeys.publicKey),
    tag,
    routeId,
    entryKey: routeKeys.subarray(16),
    prefixes: [0, 1, 7, 32].map((width) => ({
      width,
      path: `/v1/directory/1/${width === 0 ? "all" : routeBits.slice(0, width)}`,
    })),
    address,
    verifiedDay,
    entryPlain,
    entryNonce,
    entry,
    bucket,
  },
};

const asHex = (_: string, value: unknown): unknown => {
  const json = value as { type?: unknown; data?: unknown } | null;
  return json?.type === "Buffer" ? Buffer.from(json.data as number[]).toString("hex") : value;
};
writeFileSync(new URL("./protocol.json", import.meta.url), `${JSON.stringify(vectors, asHex, 2)}\n`);
