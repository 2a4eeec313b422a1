/**
 * Bodies that are UTF-8 JSON: one object each. Readers take what they know; members they don't know are passed
 * over, so that a person's devices need not all be of one version.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64url } from "../../protocol/base64url.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";

/**
 * Octets of a body: with the largest head (3,941: all its fields, a list of 8 devices among them) and the seal's
 * 59 it still fits the largest envelope of 65,536.
 */
export const MAX_BODY = 60_000;

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws RangeError when it is longer than {@link MAX_BODY}. */
export function encodeBody(value: object): Uint8Array {
  const octets = utf8ToBytes(JSON.stringify(value));
  if (octets.length > MAX_BODY) throw new RangeError("body: at most 60,000 octets expected");
  return octets;
}

/** @returns undefined when it is too long, not UTF-8, not JSON, or no object. */
export function decodeBody(octets: Uint8Array): JsonObject | undefined {
  if (octets.length > MAX_BODY) return undefined;
  const text = decodeUtf8(octets);
  if (text === undefined) return undefined;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** Octets in base64url, of `length` if it is given. */
export function asOctets(value: unknown, length?: number): Uint8Array | undefined {
  return typeof value === "string" ? decodeBase64url(value, length) : undefined;
}

/** Reads each element; undefined when one is malformed, there are more than `most`, or it is no array. */
export function asList<T>(
  value: unknown,
  most: number,
  read: (element: unknown) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const elements: T[] = [];
  for (const element of value) {
    const one = read(element);
    if (one === undefined) return undefined;
    elements.push(one);
  }
  return elements;
}
