import { readFileSync } from "node:fs";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { FoundingBudget } from "../../../src/client/channel/budget.ts";
import { encodeMessage, type Message } from "../../../src/client/channel/content.ts";
import { conversationOf } from "../../../src/client/channel/conversation.ts";
import { listExpected } from "../../../src/client/channel/expected.ts";
import { channelIdOf, channelStatement, decodeFounding } from "../../../src/client/channel/founding.ts";
import { foundingInfo, openFounding } from "../../../src/client/channel/founding-envelope.ts";
import type { Head } from "../../../src/client/channel/head.ts";
import { getIncoming } from "../../../src/client/channel/incoming.ts";
import { associatedData } from "../../../src/client/channel/message.ts";
import { type Opened, openEnvelope } from "../../../src/client/channel/opening.ts";
import { pad } from "../../../src/client/channel/padding.ts";
import { commitment, firstChainKey, step } from "../../../src/client/channel/ratchet.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";
import { type Address, parseAddress } from "../../../src/protocol/address.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { encodeInteger } from "../../../src/protocol/integer.ts";
import { keyHash, oneTimeKeyStatement, verifyOneTimeKey } from "../../../src/protocol/one-time-key.ts";

type Hex<K extends string> = Record<K, string>;
type KeyVector = Hex<"privateKey" | "publicKey" | "keyHash" | "statement" | "signature"> & {
  lastResort: boolean;
  expires: number;
};
interface MessageVector extends Hex<"chainKey" | "messageKey" | "tag" | "nonce" | "content" | "envelope"> {
  position: number;
  says: { head: Record<string, unknown> } & Record<string, unknown>;
}
interface ChannelVector
  extends Hex<"secret" | "commitment" | "statement" | "channelId" | "info" | "founding"> {
  key: KeyVector;
  created: number;
  previous?: { channelId: string; sealed: number };
}
type Name = "ann" | "bo";
interface Vectors extends Record<Name, Hex<"seed" | "address">> {
  conversation: Hex<"members" | "conversation">;
  channel: ChannelVector & { messages: MessageVector[] };
  gap: { opened: number; next: number; kept: number[]; frontier: number; frontierKey: string }[];
  talk: {
    channels: Record<string, ChannelVector & { founder: Name }>;
    messages: (MessageVector & { channel: string })[];
  };
}

const vectors = JSON.parse(
  readFileSync(new URL("../../vectors/channel.json", import.meta.url), "utf8"),
) as Vectors;

function addressOf(name: Name): Address {
  const address = parseAddress(vectors[name].address);
  if (address === undefined) throw new Error("no address");
  return address;
}

const ann = addressOf("ann");
const bo = addressOf("bo");

/** A device of the file, with the private halves of these keys. */
async function device(name: Name, keys: KeyVector[]) {
  const secretKey = hexToBytes(vectors[name].seed);
  const address = addressOf(name);
  expect(ed25519.getPublicKey(secretKey)).toEqual(address.publicKey);
  const identity = { address, sign: (data: Uint8Array) => ed25519.sign(data, secretKey) };
  const vault = new MemoryVault();
  await vault.transaction((draft) => {
    for (const { privateKey, keyHash, expires } of keys) {
      const hash = hexToBytes(keyHash);
      draft.put(
        `key/${encodeBase64url(hash.slice(0, 16))}`,
        concatBytes(Uint8Array.of(0), encodeInteger(expires), hash, hexToBytes(privateKey)),
      );
    }
  });
  const open = async (envelope: string, now: number): Promise<Opened> => {
    const context = { identity, now, budget: new FoundingBudget(), admit: () => "admitted" as const };
    const result = await vault.transaction((draft) => openEnvelope(draft, context, hexToBytes(envelope)));
    if (result.outcome !== "opened") throw new Error(result.outcome);
    return result;
  };
  return { vault, open };
}

/** What a message says in words, as this SDK has it. */
function messageOf({ says }: MessageVector): Message {
  const { head, counter = 0, ...content } = says;
  const octets = (value: unknown): unknown => {
    if (typeof value === "string" && /^([0-9a-f]{2}){8,}$/.test(value)) return hexToBytes(value);
    if (Array.isArray(value)) return value.map(octets);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, octets(one)]));
  };
  const { replyTo, nextKey, ...rest } = octets(head) as Omit<Head, "replyTo"> & {
    replyTo?: { token: Uint8Array; relay: string };
  };
  const told = replyTo && { relay: replyTo.relay, token: encodeBase64url(replyTo.token) };
  const given = nextKey && {
    publicKey: nextKey.publicKey,
    lastResort: nextKey.lastResort,
    expires: nextKey.expires,
    signature: nextKey.signature,
  };
  const addressed = content.kind === "text" || content.kind === "part";
  return {
    head: { ...rest, ...(told ? { replyTo: told } : {}), ...(given ? { nextKey: given } : {}) },
    counter: Number(counter),
    content: {
      ...(octets(content) as Message["content"]),
      ...(addressed ? { revocable: content.revocable === true } : {}),
    } as Message["content"],
  };
}

async function expectFoundedRight(
  channel: ChannelVector,
  founder: Address,
  recipient: Address,
): Promise<Uint8Array> {
  const { key, created, previous } = channel;
  const publicKey = hexToBytes(key.publicKey);
  const { lastResort, expires } = key;
  const signature = hexToBytes(key.signature);
  const hash = keyHash(publicKey);
  expect(bytesToHex(hash)).toBe(key.keyHash);
  expect(bytesToHex(oneTimeKeyStatement(recipient.text, { publicKey, lastResort, expires }))).toBe(
    key.statement,
  );
  expect(await verifyOneTimeKey(recipient, { publicKey, lastResort, expires, signature }, created)).toBe(
    true,
  );

  const secret = hexToBytes(channel.secret);
  expect(bytesToHex(commitment(secret))).toBe(channel.commitment);
  const before = previous && { channelId: hexToBytes(previous.channelId), sealed: previous.sealed };
  const claims = { secret, founder, created, ...(before ? { previous: before } : {}) };
  const statement = channelStatement(claims, recipient, hash);
  expect(bytesToHex(statement)).toBe(channel.statement);
  expect(bytesToHex(channelIdOf(statement))).toBe(channel.channelId);
  expect(bytesToHex(foundingInfo(recipient, hash))).toBe(channel.info);
  expect(decodeFounding(hexToBytes(channel.founding))).toMatchObject(claims);
  return firstChainKey(secret, statement);
}

/** @returns the chain key that follows */
function expectSealedRight(message: MessageVector, chainKey: Uint8Array): Uint8Array {
  const keys = step(chainKey);
  expect(bytesToHex(chainKey)).toBe(message.chainKey);
  expect(bytesToHex(keys.messageKey)).toBe(message.messageKey);
  expect(bytesToHex(keys.tag)).toBe(message.tag);
  expect(bytesToHex(encodeMessage(messageOf(message)))).toBe(message.content);
  const envelope = hexToBytes(message.envelope);
  const start = message.position === 0 ? 1351 : 17;
  const nonce = hexToBytes(message.nonce);
  const padded = pad(hexToBytes(message.content), envelope.length - start - 40);
  const cipher = xchacha20poly1305(keys.messageKey, nonce, associatedData(keys.tag, envelope.length));
  expect(envelope.subarray(start)).toEqual(concatBytes(nonce, cipher.encrypt(padded)));
  if (message.position > 0) expect(envelope.slice(1, 17)).toEqual(keys.tag);
  return keys.nextChainKey;
}

describe("the published vectors of a channel, made without this SDK", () => {
  const { channel, gap, talk } = vectors;

  it("agree on statements, chain keys, tags and every octet that is sealed under them", async () => {
    const named = conversationOf(bo, ann);
    expect(bytesToHex(named.members)).toBe(vectors.conversation.members);
    expect(bytesToHex(named.conversation)).toBe(vectors.conversation.conversation);
    let chainKey = await expectFoundedRight(channel, ann, bo);
    for (const message of channel.messages) chainKey = expectSealedRight(message, chainKey);
    const kinds = channel.messages.map(({ says }) => says.kind);
    expect(new Set(kinds)).toEqual(new Set(["text", "bare", "part", "receipt"]));
  });

  it("have foundings that open under their key, and say what is written beside them", async () => {
    for (const one of [channel, ...Object.values(talk.channels)]) {
      const recipient = one.info.includes(Buffer.from(bo.text).toString("hex")) ? bo : ann;
      const all = [channel.messages[0], ...talk.messages];
      const zero = all.find((message) => message?.envelope.startsWith(`01${one.key.keyHash.slice(0, 32)}`));
      const key = { privateKey: hexToBytes(one.key.privateKey), keyHash: hexToBytes(one.key.keyHash) };
      const founding = await openFounding(hexToBytes(zero?.envelope ?? ""), recipient, key);
      expect(founding && bytesToHex(founding.statement)).toBe(one.statement);
      expect(founding && bytesToHex(founding.founding.secret)).toBe(one.secret);
    }
  });

  it("open out of order, with the keys kept that the file says and no other", async () => {
    const { vault, open } = await device("bo", [channel.key]);
    const id = hexToBytes(channel.channelId);
    for (const { opened, next, kept, frontier, frontierKey } of gap) {
      const message = channel.messages[opened];
      if (message === undefined) throw new Error("no message");
      const result = await open(message.envelope, channel.created);
      expect(result).toMatchObject({ from: ann, position: opened, message: messageOf(message) });
      const incoming = getIncoming(vault, id, channel.created);
      expect(incoming).toMatchObject({
        next,
        frontier,
        kept: kept.length,
        frontierKey: hexToBytes(frontierKey),
      });
      const positions = listExpected(vault).map(({ position }) => position);
      const ahead = Array.from({ length: frontier - next }, (_, i) => next + i);
      expect(positions.sort((a, b) => a - b)).toEqual([...kept, ...ahead]);
    }
  });

  it("tell a whole conversation, which both ends open", async () => {
    const keys = (name: Name) =>
      Object.values(talk.channels)
        .filter(({ founder }) => founder !== name)
        .map(({ key }) => key);
    const ends = { ann: await device("ann", keys("ann")), bo: await device("bo", keys("bo")) };
    const chains = new Map<string, Uint8Array>();
    for (const message of talk.messages) {
      const { founder, ...founded } = talk.channels[message.channel] ?? {};
      if (founder === undefined) throw new Error("no channel");
      const [from, to] = founder === "ann" ? ([ann, "bo"] as const) : ([bo, "ann"] as const);
      const chainKey =
        chains.get(message.channel) ??
        (await expectFoundedRight(founded as ChannelVector, from, addressOf(to)));
      chains.set(message.channel, expectSealedRight(message, chainKey));
      const told = messageOf(message);
      const result = await ends[to].open(message.envelope, told.head.sentAt);
      expect(result).toMatchObject({
        from,
        position: message.position,
        message: told,
        founderLostState: false,
      });
    }
    expect(talk.messages.length).toBe(5);
    // Ann founded anew on the key that Bo's second text gave her, and said what she had sealed before.
    expect(talk.channels["ann-2"]?.previous).toEqual({
      channelId: talk.channels["ann-1"]?.channelId,
      sealed: 2,
    });
    const given = messageOf(talk.messages[2] as MessageVector).head.nextKey;
    expect(given && bytesToHex(given.publicKey)).toBe(talk.channels["ann-2"]?.key.publicKey);
  });
});
