import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/protocol/address.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { encodeInteger } from "../../src/protocol/integer.ts";
import { encodeStatement } from "../../src/protocol/statement.ts";
import {
  decodeTicket,
  encodeTicket,
  formatTicketProtocol,
  parseTicketProtocol,
} from "../../src/protocol/ticket.ts";

const { publicKey } = ed25519.keygen();
const ticket = {
  address: formatAddress(publicKey, "eu"),
  origin: "https://relay.example",
  created: 7,
  nonce: 8,
};
const signature = randomBytes(64);

const statementOf = (parts: Partial<Record<"address" | "origin" | "created" | "nonce", Uint8Array>>) =>
  encodeStatement("ticket", [
    parts.address ?? utf8ToBytes(ticket.address),
    parts.origin ?? utf8ToBytes(ticket.origin),
    parts.created ?? encodeInteger(ticket.created),
    parts.nonce ?? encodeInteger(ticket.nonce),
  ]);

describe("a socket ticket", () => {
  it("is a statement of address, origin, created and nonce, and reads back", () => {
    expect(encodeTicket(ticket)).toEqual(statementOf({}));
    expect(decodeTicket(encodeTicket(ticket))).toEqual(ticket);
  });

  it("travels as a subprotocol that browsers and servers take: a token of RFC 9110", () => {
    const protocol = formatTicketProtocol(encodeTicket(ticket), signature);
    expect(protocol).toMatch(/^restante\.ticket\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/);
    expect(parseTicketProtocol(protocol)).toEqual({ statement: encodeTicket(ticket), signature, ticket });
  });

  it("with a field of another form is refused", () => {
    const bom = Uint8Array.of(0xef, 0xbb, 0xbf);
    const refused = {
      "no address": statementOf({ address: utf8ToBytes("me") }),
      "address behind a byte order mark": statementOf({
        address: concatBytes(bom, utf8ToBytes(ticket.address)),
      }),
      "origin that is not UTF-8": statementOf({ origin: Uint8Array.of(0xff) }),
      "short created": statementOf({ created: new Uint8Array(7) }),
      "long created": statementOf({ created: new Uint8Array(9) }),
      "huge nonce": statementOf({ nonce: new Uint8Array(8).fill(255) }),
      "short nonce": statementOf({ nonce: new Uint8Array() }),
      "another kind": concatBytes(utf8ToBytes("restante/key/1\0"), statementOf({}).subarray(18)),
      "a field more": concatBytes(statementOf({}), Uint8Array.of(0, 0)),
    };
    for (const [why, statement] of Object.entries(refused)) {
      expect(decodeTicket(statement), why).toBeUndefined();
      expect(parseTicketProtocol(formatTicketProtocol(statement, signature)), why).toBeUndefined();
    }
  });

  it("behind a byte order mark names another origin", () => {
    const marked = { ...ticket, origin: `\ufeff${ticket.origin}` };
    expect(decodeTicket(encodeTicket(marked))).toEqual(marked);
  });

  it("of another spelling is refused", () => {
    const protocol = formatTicketProtocol(encodeTicket(ticket), signature);
    for (const bad of [
      "",
      "restante.v1",
      protocol.toUpperCase(),
      ` ${protocol}`,
      `${protocol}=`,
      `${protocol}.`,
      `${protocol}.AA`,
      protocol.slice(0, -1),
      protocol.slice(0, protocol.lastIndexOf(".")),
      formatTicketProtocol(encodeTicket(ticket), signature.subarray(1)),
    ])
      expect(parseTicketProtocol(bad), bad).toBeUndefined();
  });

  it("decodes and encodes to the same octets, and nothing throws", () => {
    const field = (right: Uint8Array) => fc.oneof(fc.constant(right), fc.uint8Array({ maxLength: 12 }));
    const statements = fc
      .record({
        address: field(utf8ToBytes(ticket.address)),
        origin: field(utf8ToBytes(ticket.origin)),
        created: field(encodeInteger(1)),
        nonce: field(encodeInteger(2)),
      })
      .map(statementOf);
    fc.assert(
      fc.property(fc.oneof(statements, fc.uint8Array()), fc.string(), (bytes, text) => {
        const read = decodeTicket(bytes);
        if (read !== undefined) expect(encodeTicket(read)).toEqual(bytes);
        parseTicketProtocol(text);
        parseTicketProtocol(`restante.ticket.${text}`);
        parseTicketProtocol(`restante.ticket.${encodeBase64url(bytes)}.${encodeBase64url(signature)}`);
      }),
      { numRuns: 500 },
    );
  });
});
