import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { verifySignature } from "http-message-sig";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/protocol/address.ts";
import { verifyRequest } from "../../src/protocol/request-verdict.ts";
import { contentDigest, type SignableRequest, signRequest } from "../../src/protocol/signed-request.ts";

const NOW = 1_700_000_000;
const device = ed25519.keygen();
const address = formatAddress(device.publicKey, "eu");
const url = "https://relay.example/v1/mailbox/messages?limit=10";
const get: SignableRequest = { method: "GET", url };
const put: SignableRequest = { method: "PUT", url, contentDigest: contentDigest(utf8ToBytes("{}")) };
const sign = (data: Uint8Array) => ed25519.sign(data, device.secretKey);

/** Ed25519 by OpenSSL, so that what we sign and verify is checked by another's code. */
function verify(publicKey: Uint8Array, signature: Uint8Array, data: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return nodeVerify(null, data, key, signature);
}

const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), device.secretKey]);
const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });

/** Signs a base that is put together here, line by line, as RFC 9421 §2.5 draws it. */
function byHand(lines: string[], parameters: string, label = "sig1") {
  const names = lines.map((line) => line.slice(0, line.indexOf(": "))).join(" ");
  const input = `(${names})${parameters}`;
  const base = [...lines, `"@signature-params": ${input}`].join("\n");
  const signature = nodeSign(null, Buffer.from(base), privateKey).toString("base64");
  return { signature: `${label}=:${signature}:`, signatureInput: `${label}=${input}` };
}

const LINES = [`"@method": GET`, `"@target-uri": ${url}`];
const parameters = (change: Record<string, string> = {}) =>
  Object.entries({
    created: String(NOW),
    keyid: `"${address}"`,
    alg: '"ed25519"',
    tag: '"restante"',
    ...change,
  })
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `;${name}=${value}`)
    .join("");

const verdict = (fields: ReturnType<typeof byHand>, request = get, now = NOW) =>
  verifyRequest(request, fields, verify, now);
const refused = (code: string) => ({ ok: false, code });

describe("the library under the profile", () => {
  // RFC 9421, appendix B.2.6, with the key of B.1.4.
  const message = {
    kind: "request" as const,
    method: "POST",
    targetUri: "https://example.com/foo?param=Value&Pet=dog",
    fields: [
      { name: "date", value: "Tue, 20 Apr 2021 02:07:55 GMT" },
      { name: "content-type", value: "application/json" },
      { name: "content-length", value: "18" },
      {
        name: "signature-input",
        value:
          'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
      },
      {
        name: "signature",
        value:
          "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
      },
    ],
  };
  const publicKey = Buffer.from("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs", "base64url");

  it("verifies the Ed25519 vector of RFC 9421", async () => {
    const verified = verifySignature(message, {
      policy: {
        algorithms: ["ed25519"],
        requiredComponents: ["@method"],
        requiredParameters: [],
        now: 1618884473,
      },
      resolveVerifier: () => ({
        algorithm: "ed25519",
        verify: (data, signature) => verify(publicKey, signature, data),
      }),
    });
    await expect(verified).resolves.toMatchObject({ label: "sig-b26" });
  });

  it("refuses it as a device's request: it is good, but not of the profile", async () => {
    const [, , , input, signature] = message.fields;
    const fields = { signature: signature?.value ?? null, signatureInput: input?.value ?? null };
    const request = { method: message.method, url: message.targetUri };
    expect(await verifyRequest(request, fields, verify, 1618884473)).toEqual(refused("signature-invalid"));
  });
});

describe("a content digest", () => {
  it("is RFC 9530's SHA-256", () => {
    const body = Buffer.from('{"hello": "world"}');
    expect(contentDigest(body)).toBe(`sha-256=:${createHash("sha256").update(body).digest("base64")}:`);
    // The example of RFC 9530, section 2.
    expect(contentDigest(Buffer.from('{"hello": "world"}\n'))).toBe(
      "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
    );
  });
});

describe("a signed request", () => {
  it("is the very octets that a hand-built signature base gives", () => {
    const own = signRequest(put, address, sign, NOW, 5);
    const lines = [`"@method": PUT`, `"@target-uri": ${url}`, `"content-digest": ${put.contentDigest}`];
    expect(own).toEqual(byHand(lines, parameters({ nonce: '"5"' }), "restante"));
    const bare = signRequest(get, address, sign, NOW);
    expect(bare).toEqual(byHand(LINES, parameters(), "restante"));
  });

  it("is made so that the library takes it, whatever its path, nonce and body", async () => {
    const path = fc.webPath().map((text) => new URL(`https://relay.example${text}`).href);
    const signable = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
      url: path,
      contentDigest: fc.option(fc.uint8Array().map(contentDigest), { nil: undefined }),
    });
    const nonces = fc.option(fc.maxSafeNat(), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(signable, nonces, async (request, nonce) => {
        const fields = signRequest(request, address, sign, NOW, nonce);
        const taken = await verifyRequest(request, fields, verify, NOW);
        expect(taken).toMatchObject({ ok: true, address: { text: address }, nonce });
      }),
    );
  });

  it("is not made of what could not stand in a signature base as it is", () => {
    const wrong: [why: string, SignableRequest, address?: string][] = [
      ["a line of its own", { method: "GET", url: `${url}\n"@method": PUT` }],
      ["a carriage return", { method: "GET\r", url }],
      ["a quote", { method: "GET", url }, `${address}";alg="none`],
      ["a backslash", { method: "GET", url }, `${address}\\`],
      ["other letters than ASCII's", { method: "GET", url: "https://relay.example/é" }],
      ["a digest with a line break", { ...put, contentDigest: `${put.contentDigest}\n` }],
      ["nothing", { method: "", url }],
    ];
    for (const [why, request, keyid = address] of wrong)
      expect(() => signRequest(request, keyid, sign, NOW), why).toThrow(RangeError);
    for (const number of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => signRequest(get, address, sign, number), String(number)).toThrow(RangeError);
      expect(() => signRequest(get, address, sign, NOW, number), String(number)).toThrow(RangeError);
    }
  });

  it("is taken, with its address and nonce, under any label", async () => {
    for (const label of ["sig1", "restante", "a-b_c"]) {
      const taken = await verdict(byHand(LINES, parameters({ nonce: '"9007199254740991"' }), label));
      expect(taken).toMatchObject({ ok: true, address: { text: address }, nonce: 2 ** 53 - 1 });
    }
    expect(await verdict(byHand(LINES, parameters()))).toMatchObject({ ok: true, nonce: undefined });
    const signed = signRequest(put, address, sign, NOW, 0);
    expect(await verifyRequest(put, signed, verify, NOW)).toMatchObject({ ok: true, nonce: 0 });
  });

  it("may cover more, and carry more parameters, than it must", async () => {
    const more = byHand([...LINES, `"@authority": relay.example`], parameters({ extra: '"x"' }));
    expect(await verdict(more)).toMatchObject({ ok: true });
  });

  it("is missing when either field is", async () => {
    const { signature, signatureInput } = byHand(LINES, parameters());
    for (const fields of [
      { signature: null, signatureInput: null },
      { signature, signatureInput: null },
      { signature: null, signatureInput },
    ])
      expect(await verifyRequest(get, fields, verify, NOW)).toEqual(refused("signature-missing"));
  });

  it("is taken up to 60 seconds after it was made or before it will be, and not a second further", async () => {
    const fields = byHand(LINES, parameters());
    for (const now of [NOW - 60, NOW + 60])
      expect(await verdict(fields, get, now)).toMatchObject({ ok: true });
    for (const now of [NOW - 61, NOW + 61, 0, NOW * 2])
      expect(await verdict(fields, get, now)).toEqual(refused("signature-expired"));
  });

  it("ends with `expires`, when it has one, and not later than without", async () => {
    const short = byHand(LINES, parameters({ expires: String(NOW + 5) }));
    expect(await verdict(short, get, NOW + 5)).toMatchObject({ ok: true });
    expect(await verdict(short, get, NOW + 6)).toEqual(refused("signature-expired"));
    const long = byHand(LINES, parameters({ expires: String(NOW + 5000) }));
    expect(await verdict(long, get, NOW + 61)).toEqual(refused("signature-expired"));
  });

  it("is refused with a parameter of the profile missing or other", async () => {
    const wrong: [why: string, Record<string, string>][] = [
      ["no created", { created: "" }],
      ["created as a string", { created: `"${NOW}"` }],
      ["created with a fraction", { created: `${NOW}.5` }],
      ["no keyid", { keyid: "" }],
      ["another device's keyid", { keyid: `"${formatAddress(ed25519.keygen().publicKey)}"` }],
      ["keyid that is no address", { keyid: '"test-key-ed25519"' }],
      ["keyid in another spelling", { keyid: `"${address.toUpperCase()}"` }],
      ["no alg", { alg: "" }],
      ["another alg", { alg: '"rsa-pss-sha512"' }],
      ["no tag", { tag: "" }],
      ["another tag", { tag: '"web-bot-auth"' }],
      ["tag in capitals", { tag: '"Restante"' }],
      ...["-1", "+1", "01", "1.0", "1e3", " 1", "", "0x1", "9007199254740992", "99999999999999999"].map(
        (nonce): [string, Record<string, string>] => [`nonce ${nonce}`, { nonce: `"${nonce}"` }],
      ),
      ["nonce that is no string", { nonce: "1" }],
    ];
    for (const [why, change] of wrong)
      expect(await verdict(byHand(LINES, parameters(change))), why).toEqual(refused("signature-invalid"));
  });

  it("is refused when it leaves a part uncovered", async () => {
    for (const line of LINES) {
      const rest = LINES.filter((other) => other !== line);
      expect(await verdict(byHand(rest, parameters())), line).toEqual(refused("signature-invalid"));
    }
    // With a body, its digest must be covered: else the body could be another's.
    const uncovered = byHand([`"@method": PUT`, `"@target-uri": ${url}`], parameters());
    expect(await verdict(uncovered, put)).toEqual(refused("signature-invalid"));
    expect(await verdict(byHand([], parameters()))).toEqual(refused("signature-invalid"));
  });

  it("is refused for any other request than the one that was signed", async () => {
    const fields = signRequest(put, address, sign, NOW);
    for (const request of [
      { ...put, method: "POST" },
      { ...put, method: "put" },
      { ...put, url: url.replace("https", "http") },
      { ...put, url: url.replace("relay", "other") },
      { ...put, url: url.replace("limit=10", "limit=11") },
      { ...put, url: url.split("?")[0] ?? "" },
      { ...put, contentDigest: contentDigest(utf8ToBytes("{ }")) },
      { method: put.method, url },
    ])
      expect(await verifyRequest(request, fields, verify, NOW), JSON.stringify(request)).toEqual(
        refused("signature-invalid"),
      );
  });

  it("is refused with two labels, or one label twice: nobody may choose which counts", async () => {
    const one = byHand(LINES, parameters(), "one");
    const two = byHand(LINES, parameters({ nonce: '"7"' }), "two");
    const again = byHand(LINES, parameters({ nonce: '"7"' }), "one");
    for (const other of [two, again]) {
      const both = {
        signature: `${one.signature}, ${other.signature}`,
        signatureInput: `${one.signatureInput}, ${other.signatureInput}`,
      };
      expect(await verdict(both)).toEqual(refused("signature-invalid"));
    }
    const crossed = { signature: one.signature, signatureInput: two.signatureInput };
    expect(await verdict(crossed)).toEqual(refused("signature-invalid"));
  });

  it("is refused when any octet of the signature is another", async () => {
    const { signature, signatureInput } = byHand(LINES, parameters());
    const raw = Buffer.from(signature.slice("sig1=:".length, -1), "base64");
    await fc.assert(
      fc.asyncProperty(fc.nat(63), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const other = Buffer.from(raw);
        other[at] = (other[at] ?? 0) ^ flip;
        const fields = { signature: `sig1=:${other.toString("base64")}:`, signatureInput };
        expect(await verdict(fields)).toEqual(refused("signature-invalid"));
      }),
    );
    for (const size of [0, 63, 65]) {
      const fields = { signature: `sig1=:${Buffer.alloc(size).toString("base64")}:`, signatureInput };
      expect(await verdict(fields)).toEqual(refused("signature-invalid"));
    }
  });

  it("never throws, whatever stands in the fields", async () => {
    const good = byHand(LINES, parameters());
    const text = (right: string) =>
      fc.oneof(
        fc.string(),
        fc.constant(right),
        fc.string().map((tail) => right + tail),
      );
    await fc.assert(
      fc.asyncProperty(text(good.signature), text(good.signatureInput), async (signature, signatureInput) => {
        const result = await verdict({ signature, signatureInput });
        if (result.ok) expect(result.address.text).toBe(address);
        else expect(result.code).toMatch(/^signature-/);
      }),
      { numRuns: 300 },
    );
  });
});
