import { readFileSync } from "node:fs";
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { FoundingBudget } from "../../../src/client/channel/budget.ts";
import { encodeMessage } from "../../../src/client/channel/content.ts";
import { conversationOf } from "../../../src/client/channel/conversation.ts";
import { channelIdOf, channelStatement, decodeFounding } from "../../../src/client/channel/founding.ts";
import { foundingInfo } from "../../../src/client/channel/founding-envelope.ts";
import { associatedData } from "../../../src/client/channel/message.ts";
import { openEnvelope } from "../../../src/client/channel/opening.ts";
import { commitment, firstChainKey, step } from "../../../src/client/channel/ratchet.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";
import { type Address, parseAddress } from "../../../src/protocol/address.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { encodeInteger } from "../../../src/protocol/integer.ts";
import { keyHash, oneTimeKeyStatement } from "../../../src/protocol/one-time-key.ts";

type Party = Record<"seed" | "address", string>;
interface Vectors {
  created: number;
  founder: Party;
  recipient: Party;
  key: Record<"privateKey" | "publicKey" | "keyHash" | "statement", string>;
  founding: Record<
    "secret" | "commitment" | "previous" | "statement" | "channelId" | "info" | "aad" | "founding",
    string
  >;
  conversation: Record<"members" | "conversation", string>;
  messages: (Record<"chainKey" | "messageKey" | "tag" | "body" | "plaintext" | "envelope", string> & {
    position: number;
  })[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../vectors/channel.json", import.meta.url), "utf8"),
) as Vectors;

function addressOf(party: Party): Address {
  const address = parseAddress(party.address);
  if (address === undefined) throw new Error("no address");
  return address;
}

const { key, founding, messages, created } = vectors;
const founder = addressOf(vectors.founder);
const recipient = addressOf(vectors.recipient);
const claims = {
  secret: hexToBytes(founding.secret),
  founder,
  previous: { channelId: hexToBytes(founding.previous), sealed: 17 },
  created,
};

describe("the published vectors of a channel, made without this SDK", () => {
  it("agree on the statements and every derived value", () => {
    const publicKey = hexToBytes(key.publicKey);
    expect(bytesToHex(keyHash(publicKey))).toBe(key.keyHash);
    const signed = { publicKey, lastResort: false, expires: created + 14 * 86_400_000 };
    expect(bytesToHex(oneTimeKeyStatement(recipient.text, signed))).toBe(key.statement);
    expect(bytesToHex(commitment(claims.secret))).toBe(founding.commitment);
    const statement = channelStatement(claims, recipient, hexToBytes(key.keyHash));
    expect(bytesToHex(statement)).toBe(founding.statement);
    expect(bytesToHex(channelIdOf(statement))).toBe(founding.channelId);
    expect(bytesToHex(foundingInfo(recipient, hexToBytes(key.keyHash)))).toBe(founding.info);
    expect(bytesToHex(associatedData(hexToBytes(key.keyHash).slice(0, 16), 2048))).toBe(founding.aad);
    expect(decodeFounding(hexToBytes(founding.founding))).toMatchObject(claims);
    const named = conversationOf(recipient, founder);
    expect(bytesToHex(named.members)).toBe(vectors.conversation.members);
    expect(bytesToHex(named.conversation)).toBe(vectors.conversation.conversation);
    let chainKey = firstChainKey(claims.secret, statement);
    for (const message of messages) {
      const keys = step(chainKey);
      expect(bytesToHex(chainKey)).toBe(message.chainKey);
      expect(bytesToHex(keys.messageKey)).toBe(message.messageKey);
      expect(bytesToHex(keys.tag)).toBe(message.tag);
      chainKey = keys.nextChainKey;
    }
  });

  it("open, in any order after the founding", async () => {
    const secretKey = hexToBytes(vectors.recipient.seed);
    expect(ed25519.getPublicKey(secretKey)).toEqual(recipient.publicKey);
    const identity = { address: recipient, sign: (data: Uint8Array) => ed25519.sign(data, secretKey) };
    const vault = new MemoryVault();
    const hash = hexToBytes(key.keyHash);
    await vault.transaction((draft) =>
      draft.put(
        `key/${encodeBase64url(hash.slice(0, 16))}`,
        concatBytes(Uint8Array.of(0), encodeInteger(created + 1e9), hash, hexToBytes(key.privateKey)),
      ),
    );
    for (const position of [0, 2, 1]) {
      const message = messages[position];
      if (message === undefined) throw new Error("no message");
      const result = await vault.transaction((draft) =>
        openEnvelope(
          draft,
          { identity, now: created, budget: new FoundingBudget(), admit: () => "admitted" },
          hexToBytes(message.envelope),
        ),
      );
      if (result.outcome !== "opened") throw new Error(result.outcome);
      expect(result.from).toEqual(founder);
      expect(result.position).toBe(position);
      expect(result.message).toMatchObject({
        counter: position + 1,
        content: { kind: "text", body: message.body },
      });
      expect(bytesToHex(encodeMessage(result.message))).toBe(message.plaintext);
    }
  });
});
