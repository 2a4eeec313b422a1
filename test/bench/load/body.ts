/** What every subject is given to carry: octets with an envelope's form, and a number in them by which it is known. */
import { randomBytes } from "node:crypto";

/** The smallest envelope there is: what a short text is sealed into. */
export const BODY_SIZE = 2048;

/** Where the number stands: after an envelope's version and tag. */
const NUMBER_AT = 17;

/** Made once: random octets for each body would be work that no sender of envelopes has. */
const templates = new Map<number, Buffer>();

export function numberedBody(number: number, size = BODY_SIZE): Buffer {
  const template = templates.get(size) ?? randomBytes(size);
  templates.set(size, template);
  const body = Buffer.from(template);
  body[0] = 0x01;
  body.writeUInt32BE(number, NUMBER_AT);
  return body;
}

export function numberIn(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(NUMBER_AT);
}
