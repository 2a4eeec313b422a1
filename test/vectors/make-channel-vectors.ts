/**
 * Makes test/vectors/channel.json: `node test/vectors/make-channel-vectors.ts && npm run format`.
 *
 * Nothing in it is random: every run makes the same octets, and so can whoever writes the protocol anew. The SDK is
 * held to the file.
 */
import { writeFileSync } from "node:fs";
import { type Begun, found, keyOf, party, sealNext, secretFor, sha256, step } from "./channel-writing.ts";
import { type Content, contentOf, conversationOf, type Head } from "./content-writing.ts";
import { definition, deviceList, fingerprint, replyTo, safetyNumber } from "./people-writing.ts";

const START = 1_767_614_400_000;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LOOK_AHEAD = 128;

const ann = party("Ann", "");
const bo = party("Bo", ".eu");
const pair = conversationOf(ann.address, bo.address);
/** Ann's second device, and somebody else. */
const tab = party("Ann's tablet", "");
const cy = party("Cy", ".us");
const annsList = deviceList(3, [
  { name: "ann", party: ann },
  { name: "tab", party: tab },
]);
const idOf = (name: string) => secretFor(`the id of ${name}`).subarray(0, 16);
const text = (name: string, counter: number, body: string, more: object = {}): Content => ({
  kind: "text",
  id: idOf(name),
  ...pair,
  counter,
  body,
  ...more,
});

/** Seals, and writes down what was sealed in words as well. */
function say(channel: Begun, name: string, head: Partial<Head>, content: Content, at = START) {
  const whole = { sentAt: at, known: 0, ...head };
  const sealed = sealNext(channel, name, contentOf(whole, content));
  return { says: { head: whole, ...content }, ...sealed };
}

/** One channel with a message of every kind, and texts with every field that a head may have. */
function everyKind() {
  const channel = found(
    "the channel of every kind",
    ann,
    bo,
    keyOf(bo, "Bo's first key", START + 14 * DAY),
    START,
    {
      channelId: secretFor("an earlier channel"),
      next: 17,
    },
  );
  const whole = Buffer.from("A long text, cut where a character ✓ is not whole", "utf8");
  const cut = whole.indexOf("✓") + 1;
  const part = (index: number, counter: number): Content => ({
    kind: "part",
    id: idOf("the long text"),
    ...pair,
    counter,
    wholeHash: sha256(whole),
    index,
    count: 2,
    octets: index === 0 ? whole.subarray(0, cut) : whole.subarray(cut),
  });
  const heard = { channelId: secretFor("Bo's channel"), reached: 5 };
  const devices = annsList.octets;
  const nextKey = keyOf(ann, "Ann's key in a text", START + 14 * DAY);
  const copy = { author: ann.address, with: bo.address };
  const messages = [
    say(channel, "0", { replyTo: replyTo("ann") }, text("0", 1, "hello")),
    say(channel, "1", {}, text("1", 2, "how are you? ✓")),
    say(channel, "2", { heard }, text("2", 3, "", { revocable: true })),
    say(channel, "3", { known: 3, devices }, text("3", 4, "on two devices now")),
    say(channel, "4", { nextKey }, text("4", 5, "for next time")),
    say(channel, "5", { heard, replyTo: replyTo("ann"), devices }, { kind: "bare" }),
    say(channel, "6", {}, text("6", 6, "as written on another device", { copy })),
    say(channel, "7", {}, text("7", 7, "among many", { copy: { author: ann.address } })),
    say(channel, "8", {}, part(0, 8)),
    say(channel, "9", {}, part(1, 9)),
    say(channel, "10", {}, { kind: "receipt", what: "read", ids: [idOf("one"), idOf("another")] }),
  ];
  return { ...channel.inputs, messages };
}

/**
 * What Bo keeps while he opens that channel out of order: keys of `kept` and of the 128 positions from `next` on, and
 * the chain key that follows these.
 */
function gap(first: Buffer) {
  const chainKeys = [first];
  for (let chainKey = first; chainKeys.length <= 2 * LOOK_AHEAD; chainKeys.push(chainKey))
    chainKey = step(chainKey).nextChainKey;
  const opened = new Set<number>();
  return [0, 3, 1, 10, 9, 2].map((position) => {
    opened.add(position);
    const next = Math.max(...opened) + 1;
    const kept = Array.from({ length: next }, (_, i) => i).filter((i) => !opened.has(i));
    return {
      opened: position,
      next,
      kept,
      frontier: next + LOOK_AHEAD,
      frontierKey: chainKeys[next + LOOK_AHEAD],
    };
  });
}

/** Ann founds to Bo, Bo answers on a channel of his own, Ann goes on, and founds anew on the key he carried to her. */
function talk() {
  const later = START + DAY + 10 * MINUTE;
  const expires = START + 14 * DAY;
  const carriedByBo = keyOf(bo, "Bo's key in a text", expires + 5 * MINUTE);
  const carriedByAnn = keyOf(ann, "Ann's key in her text", expires + 6 * MINUTE);

  const first = found("Ann's first channel", ann, bo, keyOf(bo, "Bo's pool key", expires), START);
  const a0 = say(first, "a0", { replyTo: replyTo("ann") }, text("a0", 1, "Is this you, Bo?"));

  const at = START + 5 * MINUTE;
  const answer = found("Bo's channel", bo, ann, keyOf(ann, "Ann's pool key", expires), at);
  const heardAnn = { channelId: first.channelId, reached: 0 };
  const b0 = say(answer, "b0", { heard: heardAnn, replyTo: replyTo("bo") }, text("b0", 1, "It is."), at);
  const b1 = say(
    answer,
    "b1",
    { heard: heardAnn, nextKey: carriedByBo },
    text("b1", 2, "And you are Ann."),
    at,
  );

  const heardBo = { channelId: answer.channelId, reached: 1 };
  const on = at + MINUTE;
  const a1 = say(first, "a1", { heard: heardBo, nextKey: carriedByAnn }, text("a1", 2, "I am."), on);

  const second = found("Ann's second channel", ann, bo, carriedByBo, later, first);
  const head = { heard: heardBo, replyTo: replyTo("ann") };
  const a2 = say(second, "a2", head, text("a2", 3, "Good morning."), later);

  return {
    channels: {
      "ann-1": { founder: "ann", ...first.inputs },
      bo: { founder: "bo", ...answer.inputs },
      "ann-2": { founder: "ann", ...second.inputs },
    },
    messages: [
      { channel: "ann-1", ...a0 },
      { channel: "bo", ...b0 },
      { channel: "bo", ...b1 },
      { channel: "ann-1", ...a1 },
      { channel: "ann-2", ...a2 },
    ],
  };
}

/** A list, a conversation of three, and what two people compare. */
function people() {
  const [anns, bos] = [fingerprint([ann.address, tab.address]), fingerprint([bo.address])];
  const members = [
    { name: "ann", address: ann.address },
    { name: "bo", address: bo.address },
    { name: "cy", address: cy.address },
  ];
  return {
    list: annsList,
    conversation: definition(secretFor("the salt of three").subarray(0, 16), members),
    safety: {
      ann: anns,
      bo: bos,
      number: safetyNumber(anns, bos),
      annShows: `restante:safety:1:${Buffer.concat([anns, bos]).toString("base64url")}`,
    },
  };
}

const channel = everyKind();
const zero = channel.messages[0]?.chainKey ?? Buffer.alloc(0);
const vectors = {
  source:
    "Made by test/vectors/make-channel-vectors.ts from docs/channels.md. Octets are hex. `randomness` is what X-Wing encapsulates with: 32 octets for ML-KEM, 32 for X25519.",
  ann: { seed: ann.seed, address: ann.address },
  bo: { seed: bo.seed, address: bo.address },
  conversation: pair,
  channel,
  gap: gap(zero),
  talk: talk(),
  people: people(),
};
const file = new URL("./channel.json", import.meta.url);
const asHex = (_: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  const json = value as { type?: unknown; data?: unknown } | null;
  return json?.type === "Buffer" ? Buffer.from(json.data as number[]).toString("hex") : value;
};
writeFileSync(file, `${JSON.stringify(vectors, asHex, 2)}\n`);
