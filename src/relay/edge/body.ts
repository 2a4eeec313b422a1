/** Bodies: of a known type, bounded before they are read, and only then parsed. */
import * as v from "valibot";
import { isEnvelope, MAX_ENVELOPE_SIZE } from "../../protocol/envelope.ts";
import { ProblemError } from "./problem.ts";

export const OCTETS = "application/octet-stream";
export const JSON_TYPE = "application/json";

/**
 * Octets have no parameters; JSON may name its charset, which is UTF-8 whatever it says (RFC 8259 §8.1).
 *
 * @throws ProblemError `unsupported-media-type`
 */
export function requireType(contentType: string | null, wanted: typeof OCTETS | typeof JSON_TYPE): void {
  const text = contentType?.trim().toLowerCase() ?? "";
  const type = wanted === JSON_TYPE ? (text.split(";")[0] ?? "").trim() : text;
  if (type !== wanted) throw new ProblemError("unsupported-media-type");
}

/**
 * Reads a body of at most `limit` octets. One that says that it is longer is not read at all; one that says
 * nothing is read up to the limit and dropped.
 *
 * @throws ProblemError `too-large`
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array(0);
  const declared = request.headers.get("content-length");
  if (declared === null) return readUpTo(request.body as ReadableStream<Uint8Array>, limit);
  if (Number(declared) > limit) throw new ProblemError("too-large");
  // HTTP hands over no octet more than was declared (RFC 9112 §6.3), and read whole it passes through no iterator.
  const body = new Uint8Array(await request.arrayBuffer());
  if (body.length > limit) throw new ProblemError("too-large");
  return body;
}

async function readUpTo(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) throw new ProblemError("too-large");
    chunks.push(chunk);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** @throws ProblemError `too-large`, `not-sealed` */
export function requireEnvelope(octets: Uint8Array): void {
  if (octets.length > MAX_ENVELOPE_SIZE) throw new ProblemError("too-large");
  if (!isEnvelope(octets)) throw new ProblemError("not-sealed");
}

/** @throws ProblemError `malformed-json` for what is not UTF-8 JSON, `malformed-request` for another form */
export function parseJson<Schema extends v.GenericSchema>(
  body: Uint8Array,
  schema: Schema,
): v.InferOutput<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body));
  } catch {
    throw new ProblemError("malformed-json");
  }
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) throw new ProblemError("malformed-request");
  return parsed.output;
}
