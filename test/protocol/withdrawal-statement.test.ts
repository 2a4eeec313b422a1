import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/protocol/address.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { encodeStatement } from "../../src/protocol/statement.ts";
import {
  decodeWithdrawalStatement,
  encodeWithdrawalStatement,
} from "../../src/protocol/withdrawal-statement.ts";

const address = formatAddress(ed25519.keygen().publicKey, "eu");
const id = randomBytes(16);
const statement = { address, consentId: encodeBase64url(id) };
const octetsOf = (...fields: Uint8Array[]) => encodeStatement("withdrawal", fields);
const right = octetsOf(utf8ToBytes(address), id);

describe("a withdrawal statement", () => {
  it("is of address and consent id, and reads back", () => {
    expect(encodeWithdrawalStatement(statement)).toEqual(right);
    expect(decodeWithdrawalStatement(right)).toEqual(statement);
    const anywhere = { ...statement, address: address.slice(0, 43) };
    expect(decodeWithdrawalStatement(encodeWithdrawalStatement(anywhere))).toEqual(anywhere);
  });

  it("with a field of another form is refused", () => {
    const refused = {
      "no address": octetsOf(utf8ToBytes("me"), id),
      "address behind a byte order mark": octetsOf(utf8ToBytes(`\ufeff${address}`), id),
      "address that is not UTF-8": octetsOf(concatBytes(utf8ToBytes(address), Uint8Array.of(0xff)), id),
      "short consent id": octetsOf(utf8ToBytes(address), id.subarray(1)),
      "long consent id": octetsOf(utf8ToBytes(address), concatBytes(id, Uint8Array.of(0))),
      "consent id in base64url": octetsOf(utf8ToBytes(address), utf8ToBytes(statement.consentId)),
      "no consent id": octetsOf(utf8ToBytes(address), new Uint8Array()),
      "fields in another order": octetsOf(id, utf8ToBytes(address)),
      "a field less": octetsOf(utf8ToBytes(address)),
      "a field more": octetsOf(utf8ToBytes(address), id, new Uint8Array()),
      "octets left over": concatBytes(right, Uint8Array.of(0)),
      "another kind": encodeStatement("ticket", [utf8ToBytes(address), id]),
    };
    for (const [why, bytes] of Object.entries(refused))
      expect(decodeWithdrawalStatement(bytes), why).toBeUndefined();
  });

  it("is not made from fields of another form", () => {
    for (const parts of [
      { address: "me" },
      { address: `${address}=` },
      { consentId: "" },
      { consentId: encodeBase64url(id.subarray(1)) },
      { consentId: `${statement.consentId}=` },
    ])
      expect(() => encodeWithdrawalStatement({ ...statement, ...parts })).toThrow(RangeError);
  });

  it("decodes and encodes to the same octets, and no octets throw", () => {
    const field = (one: Uint8Array) => fc.oneof(fc.constant(one), fc.uint8Array({ maxLength: 20 }));
    const statements = fc
      .tuple(field(utf8ToBytes(address)), field(id))
      .map(([first, second]) => octetsOf(first, second));
    fc.assert(
      fc.property(fc.oneof(statements, fc.uint8Array()), (bytes) => {
        const read = decodeWithdrawalStatement(bytes);
        if (read !== undefined) expect(encodeWithdrawalStatement(read)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });
});
