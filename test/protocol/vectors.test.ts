/** Holds the code to test/vectors/protocol.json, which was made without it, from docs/protocol.md. */

import { createPublicKey, verify as nodeVerify } from "node:crypto";
import { ed25519, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { formatCard, parseCard } from "../../src/client/card.ts";
import { formatAddress, isTorsionFree, parseAddress } from "../../src/protocol/address.ts";
import {
  decodeConsentStatement,
  encodeConsentStatement,
  PURPOSES,
} from "../../src/protocol/consent-statement.ts";
import {
  deliveryTokenBase,
  formatDeliveryToken,
  parseDeliveryToken,
} from "../../src/protocol/delivery-token.ts";
import {
  decodeDepositAnswers,
  decodeDeposits,
  encodeDepositAnswers,
  encodeDeposits,
} from "../../src/protocol/deposit-frames.ts";
import { entryIn } from "../../src/protocol/directory/bucket.ts";
import { openEntry, sealEntry } from "../../src/protocol/directory/entry.ts";
import { tagInput } from "../../src/protocol/directory/number-tag.ts";
import { formatPrefix, prefixOf } from "../../src/protocol/directory/prefix.ts";
import { routeKeys } from "../../src/protocol/directory/route-keys.ts";
import {
  decodeDeviceFrame,
  decodeRelayFrame,
  encodeAcknowledge,
  encodeRelayFrame,
} from "../../src/protocol/frames.ts";
import {
  formatIntroduction,
  introductionDay,
  introductionInput,
  parseIntroduction,
} from "../../src/protocol/introduction.ts";
import { noticeHash, noticeText } from "../../src/protocol/notice.ts";
import {
  keyHash,
  keyId,
  oneTimeKeyFromJson,
  oneTimeKeyStatement,
  oneTimeKeyToJson,
  verifyOneTimeKey,
} from "../../src/protocol/one-time-key.ts";
import { verifyRequest } from "../../src/protocol/request-verdict.ts";
import { pathOf, ROUTES } from "../../src/protocol/routes.ts";
import { contentDigest, signRequest } from "../../src/protocol/signed-request.ts";
import {
  decodeTicket,
  encodeTicket,
  formatTicketProtocol,
  parseTicketProtocol,
} from "../../src/protocol/ticket.ts";
import { blind, finalize } from "../../src/protocol/voprf.ts";
import {
  decodeWithdrawalStatement,
  encodeWithdrawalStatement,
} from "../../src/protocol/withdrawal-statement.ts";
import vectors from "../vectors/protocol.json" with { type: "json" };

const octets = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const utf8 = (text: string) => new TextEncoder().encode(text);

const { device } = vectors;
const secretKey = octets(device.secretKey);
const publicKey = octets(device.publicKey);
const sign = (bytes: Uint8Array) => ed25519.sign(bytes, secretKey);

function verify(key: Uint8Array, signature: Uint8Array, data: Uint8Array): boolean {
  const x = Buffer.from(key).toString("base64url");
  const jwk = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return nodeVerify(null, data, jwk, signature);
}

function addressOfDevice() {
  const address = parseAddress(device.address);
  if (address === undefined) throw new Error("The vectors' address is none.");
  return address;
}

describe("the protocol's vectors", () => {
  it("address", () => {
    expect(hex(ed25519.getPublicKey(secretKey))).toBe(device.publicKey);
    expect(formatAddress(publicKey, device.jurisdiction)).toBe(device.address);
    expect(addressOfDevice()).toEqual({ text: device.address, publicKey, jurisdiction: device.jurisdiction });
    expect(isTorsionFree(addressOfDevice())).toBe(true);
  });

  it("notice", () => {
    const { version, controller, texts, hash } = vectors.notice;
    const languages = texts.map(({ language, text }) => noticeText(language, text));
    expect(hex(noticeHash(version, controller, languages))).toBe(hash);
  });

  it("consent", () => {
    const { statement, signature, ...fields } = vectors.consent;
    const consent = {
      ...fields,
      noticeHash: octets(fields.noticeHash),
      purposes: PURPOSES.filter((purpose) => fields.purposes.includes(purpose)),
      salt: octets(fields.salt),
    };
    expect(hex(encodeConsentStatement(consent))).toBe(statement);
    expect(decodeConsentStatement(octets(statement))).toEqual(consent);
    expect(hex(sign(octets(statement)))).toBe(signature);
  });

  it("withdrawal", () => {
    const { statement, signature, ...withdrawal } = vectors.withdrawal;
    expect(hex(encodeWithdrawalStatement(withdrawal))).toBe(statement);
    expect(decodeWithdrawalStatement(octets(statement))).toEqual(withdrawal);
    expect(hex(sign(octets(statement)))).toBe(signature);
  });

  it("ticket and its subprotocol", () => {
    const { statement, signature, subprotocol, ...ticket } = vectors.ticket;
    expect(hex(encodeTicket(ticket))).toBe(statement);
    expect(decodeTicket(octets(statement))).toEqual(ticket);
    expect(hex(sign(octets(statement)))).toBe(signature);
    expect(formatTicketProtocol(octets(statement), octets(signature))).toBe(subprotocol);
    expect(parseTicketProtocol(subprotocol)).toEqual({
      statement: octets(statement),
      signature: octets(signature),
      ticket,
    });
  });

  it.each(vectors.oneTimeKeys.keys)("signed key, last resort $lastResort", async (vector) => {
    const { lastResort, expires, statement, signature, json } = vector;
    const key = {
      publicKey: octets(vectors.oneTimeKeys.publicKey),
      lastResort,
      expires,
      signature: octets(signature),
    };
    expect(hex(keyHash(key.publicKey))).toBe(vectors.oneTimeKeys.keyHash);
    expect(hex(keyId(key.publicKey))).toBe(vectors.oneTimeKeys.keyId);
    expect(hex(oneTimeKeyStatement(device.address, key))).toBe(statement);
    expect(hex(sign(octets(statement)))).toBe(signature);
    expect(oneTimeKeyToJson(key)).toEqual(json);
    expect(oneTimeKeyFromJson(json)).toEqual(key);
    expect(await verifyOneTimeKey(addressOfDevice(), key, expires - 1)).toBe(true);
    expect(await verifyOneTimeKey(addressOfDevice(), { ...key, lastResort: !lastResort }, expires - 1)).toBe(
      false,
    );
  });

  it.each(vectors.requests)("signed $method", async (vector) => {
    const { method, url, created, signature, signatureInput, base } = vector;
    const digest = vector.body === undefined ? undefined : contentDigest(utf8(vector.body));
    expect(digest).toBe(vector.contentDigest);
    const request = { method, url, contentDigest: digest };
    const bases: string[] = [];
    const signing = (data: Uint8Array) => {
      bases.push(new TextDecoder().decode(data));
      return sign(data);
    };
    expect(signRequest(request, device.address, signing, created, vector.nonce)).toEqual({
      signature,
      signatureInput,
    });
    expect(bases).toEqual([base]);
    expect(await verifyRequest(request, { signature, signatureInput }, verify, created)).toEqual({
      ok: true,
      address: addressOfDevice(),
      nonce: vector.nonce,
    });
  });

  it("socket frames", () => {
    const { messages, caughtUp, erased, notices, acknowledge } = vectors.frames;
    for (const { what, octets: bytes } of notices) {
      const frame = decodeRelayFrame(octets(bytes));
      expect(frame).toEqual({ kind: "notice", what });
      expect(frame && hex(encodeRelayFrame(frame))).toBe(bytes);
    }
    for (const { id, heldUntil, revocable, envelope, octets: bytes } of messages) {
      const frame = { kind: "message", id, heldUntil, revocable, body: octets(envelope) } as const;
      expect(hex(encodeRelayFrame(frame))).toBe(bytes);
      expect(decodeRelayFrame(octets(bytes))).toEqual(frame);
    }
    for (const [frame, bytes] of [
      [{ kind: "caught-up" }, caughtUp.octets],
      [{ kind: "erased", results: erased.results }, erased.octets],
    ] as const) {
      expect(hex(encodeRelayFrame(frame))).toBe(bytes);
      expect(decodeRelayFrame(octets(bytes))).toEqual(frame);
    }
    expect(hex(encodeAcknowledge(acknowledge.ids))).toBe(acknowledge.octets);
    expect(decodeDeviceFrame(octets(acknowledge.octets))).toEqual({
      kind: "acknowledge",
      ids: acknowledge.ids,
    });
  });

  it("deposit socket frames", () => {
    const { deposits, answers } = vectors.depositFrames;
    const items = deposits.items.map(({ key, envelope, ...item }) => ({
      ...item,
      ...(key === undefined ? {} : { key: octets(key) }),
      envelope: octets(envelope),
    }));
    expect(hex(encodeDeposits(items))).toBe(deposits.octets);
    expect(decodeDeposits(octets(deposits.octets))).toEqual(items);
    expect(decodeDepositAnswers(octets(answers.octets))).toEqual(answers.answers);
    const read = decodeDepositAnswers(octets(answers.octets)) ?? [];
    expect(hex(encodeDepositAnswers(read))).toBe(answers.octets);
  });

  it("directory: from a number to its entry", () => {
    const { number, tag, routeId, entryKey, prefixes, address, verifiedDay, ...sealed } = vectors.directory;
    const look = [blind(tagInput(number))];
    const evaluated = ristretto255_oprf.voprf.blindEvaluateBatch(
      octets(vectors.directory.secretKey),
      octets(vectors.directory.publicKey),
      look.map(({ element }) => element),
    );
    const outputs = finalize(look, octets(vectors.directory.publicKey), {
      evaluations: evaluated.evaluated,
      proof: evaluated.proof,
    });
    expect(outputs?.map(hex)).toEqual([tag]);
    const keys = routeKeys(octets(tag));
    expect({ routeId: hex(keys.routeId), entryKey: hex(keys.entryKey) }).toEqual({ routeId, entryKey });
    for (const { width, path } of prefixes) {
      const prefix = formatPrefix(prefixOf(keys.routeId, width));
      expect(pathOf(ROUTES.directoryBucket, { version: "1", prefix })).toBe(path);
    }
    const entry = entryIn(octets(sealed.bucket), keys.routeId);
    if (entry === undefined || entry === "malformed") throw new Error("the vectors' bucket has no entry");
    expect(hex(entry)).toBe(sealed.entry);
    expect(openEntry(entry, keys)).toEqual({ address, verifiedDay });
    expect(hex(sealEntry({ address, verifiedDay }, keys, octets(sealed.entryNonce)))).toBe(sealed.entry);
  });

  it("introduction", () => {
    const {
      secretKey: scalar,
      publicKey: element,
      address,
      madeAt,
      input,
      token,
      ...vector
    } = vectors.introduction;
    const introduction = {
      keyVersion: vector.keyVersion,
      nonce: octets(vector.nonce),
      day: vector.day,
      output: octets(vector.output),
    };
    expect(introductionDay(madeAt)).toBe(introduction.day);
    expect(hex(introductionInput(address, introduction.nonce, introduction.day))).toBe(input);
    const blinded = [blind(octets(input))];
    const { evaluated, proof } = ristretto255_oprf.voprf.blindEvaluateBatch(
      octets(scalar),
      octets(element),
      blinded.map((one) => one.element),
    );
    const outputs = finalize(blinded, octets(element), { evaluations: evaluated, proof });
    expect(outputs?.map(hex)).toEqual([vector.output]);
    expect(formatIntroduction(introduction)).toBe(token);
    expect(parseIntroduction(token)).toEqual(introduction);
  });

  it("contact card and delivery token", () => {
    const { relay, address, text, token, tokenStatement, deliveryToken } = vectors.card;
    const parts = {
      rootVersion: token.rootVersion,
      epoch: octets(token.epoch),
      mac: octets(token.mac),
    };
    expect(formatDeliveryToken(parts)).toBe(deliveryToken);
    expect(parseDeliveryToken(deliveryToken)).toEqual(parts);
    expect(hex(deliveryTokenBase(address, parts.epoch))).toBe(tokenStatement);
    expect(formatCard({ relay, address, deliveryToken })).toBe(text);
    expect(parseCard(text)).toEqual({ relay, address, deliveryToken });
  });
});
