/**
 * What a number would look like in a file or a log, to somebody who only has to look: as E.164 and as national digits,
 * plain, in base64 at any place of a longer text, and hashed without a key.
 */
import { createHash } from "node:crypto";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/** @returns by the name of the form, what to search for */
export function tracesOf(number: string): Record<string, Buffer> {
  const parsed = parsePhoneNumberFromString(number);
  if (parsed === undefined) throw new Error(`not a number: ${number}`);
  const texts = {
    "E.164": number,
    "E.164 digits": number.slice(1),
    "national digits": parsed.nationalNumber,
  };
  const traces: [string, Buffer][] = [];
  for (const [name, text] of Object.entries(texts)) {
    traces.push([name, Buffer.from(text)], [`${name}, UTF-16`, Buffer.from(text, "utf16le")]);
    for (const skipped of [0, 1, 2])
      traces.push([`${name}, base64 after ${skipped}`, Buffer.from(insideBase64(text, skipped))]);
    for (const hash of ["sha1", "sha256"]) {
      const digest = createHash(hash).update(text).digest();
      const hex = digest.toString("hex");
      traces.push([`${name}, ${hash}`, digest]);
      traces.push([`${name}, ${hash} in hex`, Buffer.from(hex)]);
      traces.push([`${name}, ${hash} in capital hex`, Buffer.from(hex.toUpperCase())]);
      traces.push([`${name}, ${hash} in base64`, Buffer.from(digest.toString("base64").replace(/=+$/, ""))]);
      traces.push([`${name}, ${hash} in base64url`, Buffer.from(digest.toString("base64url"))]);
    }
  }
  return Object.fromEntries(traces);
}

/** Made once, for many files: finds the names of the forms in which any of `numbers` is in some bytes. */
export function searchFor(numbers: readonly string[]): (bytes: Buffer) => string[] {
  const traces = numbers.flatMap((number) =>
    Object.entries(tracesOf(number)).map(([form, trace]) => ({ name: `${number}: ${form}`, trace })),
  );
  return (bytes) => traces.filter(({ trace }) => bytes.includes(trace)).map(({ name }) => name);
}

/** Those characters of the base64 of a longer text that depend on `text` alone, when it begins `skipped` octets in. */
function insideBase64(text: string, skipped: number): string {
  const encoded = Buffer.concat([Buffer.alloc(skipped), Buffer.from(text)]).toString("base64");
  return encoded.slice(Math.ceil((skipped * 8) / 6), Math.floor(((skipped + text.length) * 8) / 6));
}
