import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { contentDigest } from "../../../src/protocol/signed-request.ts";
import { JSON_TYPE, OCTETS, parseJson, readBody, requireType } from "../../../src/relay/edge/body.ts";
import { fetchRelay, refusal, SigningDevice, senderRequest } from "./signing-device.ts";

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  new Request("https://relay.example/", { method: "POST", body, headers });

/** A body of unknown length in pieces; counts what was taken of it. */
function pieces(sizes: number[]): { stream: ReadableStream<Uint8Array>; taken: () => number } {
  let taken = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = sizes[taken];
        if (size === undefined) return controller.close();
        taken++;
        controller.enqueue(new Uint8Array(size).fill(1));
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken: () => taken };
}

describe("a body", () => {
  it("within its bound is read whole, however it arrives", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 }), async (sizes) => {
        const body = await readBody(post(pieces(sizes).stream), 1500);
        expect(body).toEqual(new Uint8Array(sizes.reduce((sum, size) => sum + size, 0)).fill(1));
      }),
    );
    expect(await readBody(new Request("https://relay.example/"), 0)).toHaveLength(0);
  });

  it("of unknown length is read up to the bound and no further", async () => {
    const { stream, taken } = pieces(new Array(100).fill(1000));
    await expect(readBody(post(stream), 2500)).rejects.toMatchObject({ code: "too-large" });
    expect(taken()).toBeLessThan(6);
  });

  it("that says that it is too long is not read at all", async () => {
    const { stream, taken } = pieces([10]);
    const request = post(stream, { "content-length": "2501" });
    await expect(readBody(request, 2500)).rejects.toMatchObject({ code: "too-large" });
    expect(taken()).toBe(0);
  });

  it("that says how long it is is read whole, and is not taken when that was less than it is", async () => {
    const request = (length: number) =>
      post(pieces([1000, 500]).stream, { "content-length": String(length) });
    expect(await readBody(request(1500), 1500)).toEqual(new Uint8Array(1500).fill(1));
    await expect(readBody(request(10), 1499)).rejects.toMatchObject({ code: "too-large" });
  });

  it("in chunks is bounded over HTTP as well", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const { stream, taken } = pieces(new Array(1000).fill(4096));
    const request = senderRequest(device.address, deliveryToken, { body: stream });
    expect(await refusal(fetchRelay(request))).toEqual([413, "too-large"]);
    expect(taken()).toBeLessThan(100);
  });
});

describe("a content type", () => {
  it("is taken in any case, JSON also with its parameters", () => {
    for (const type of ["application/json", "Application/JSON", "application/json; charset=utf-8"])
      expect(() => requireType(type, JSON_TYPE)).not.toThrow();
    expect(() => requireType("application/Octet-Stream", OCTETS)).not.toThrow();
  });

  it("that is missing or another is refused", () => {
    for (const type of [null, "", "text/plain", "application/json2", "text/json", "application/octet-stream"])
      expect(() => requireType(type, JSON_TYPE)).toThrow("unsupported-media-type");
    for (const type of [null, "", "application/json", "application/octet-stream;a=b", "*/*"])
      expect(() => requireType(type, OCTETS)).toThrow("unsupported-media-type");
  });
});

describe("a JSON body", () => {
  const schema = v.object({ ids: v.array(v.number()) });
  const parse = (text: string | Uint8Array) =>
    parseJson(typeof text === "string" ? new TextEncoder().encode(text) : text, schema);

  it("is parsed into its form", () => {
    expect(parse('{"ids":[1,2]}')).toEqual({ ids: [1, 2] });
  });

  it("that is not UTF-8 JSON is told apart from another form", () => {
    for (const text of ["", "{", "ids=1", "{'ids':[]}", Uint8Array.of(0x22, 0xff, 0x22)])
      expect(() => parse(text)).toThrow("malformed-json");
    for (const text of [
      "[]",
      "null",
      "1",
      '"ids"',
      "{}",
      '{"ids":1}',
      '{"ids":["1"]}',
      '{"__proto__":{"ids":[]}}',
    ])
      expect(() => parse(text), text).toThrow("malformed-request");
  });

  const device = new SigningDevice();
  const send = (text: string, type = "application/json") => {
    const body = new TextEncoder().encode(text);
    const request = device.request({ method: "DELETE", path: ROUTES.messages, body, nonce: null });
    request.headers.set("content-type", type);
    return refusal(fetchRelay(request));
  };

  it("is checked on every route that takes one", async () => {
    expect(await send("{")).toEqual([400, "malformed-json"]);
    expect(await send('{"ids":[]}')).toEqual([400, "malformed-request"]);
    expect(await send('{"ids":[1.5]}')).toEqual([400, "malformed-request"]);
    expect(await send('{"ids":[-1]}')).toEqual([400, "malformed-request"]);
    expect(await send(JSON.stringify({ ids: new Array(257).fill(1) }))).toEqual([400, "malformed-request"]);
    expect(await send('{"ids":[1]}', "text/plain")).toEqual([415, "unsupported-media-type"]);
    for (const [method, path] of [
      ["POST", ROUTES.consents],
      ["PUT", ROUTES.oneTimeKeys],
    ] as const) {
      const text = (body: string) => device.call({ method, path, body: new TextEncoder().encode(body) });
      expect(await refusal(text("not json"))).toEqual([400, "malformed-json"]);
      expect(await refusal(text("[]"))).toEqual([400, "malformed-request"]);
      expect(await refusal(device.call({ method, path }))).toEqual([415, "unsupported-media-type"]);
    }
    const keys = (list: unknown[]) =>
      refusal(device.call({ method: "PUT", path: ROUTES.oneTimeKeys, json: { keys: list } }));
    expect(await keys([{}])).toEqual([400, "malformed-request"]);
    expect(await keys(new Array(65).fill({}))).toEqual([400, "malformed-request"]);
  });

  it("beyond its bound is refused although it is signed", async () => {
    const body = new Uint8Array(160 * 1024 + 1).fill(0x20);
    expect(contentDigest(body)).toContain("sha-256");
    expect(await refusal(device.call({ method: "POST", path: ROUTES.consents, body }))).toEqual([
      413,
      "too-large",
    ]);
  });
});
