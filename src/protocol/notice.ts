/**
 * The notice's name: SHA-256 over a `restante/notice/1` statement of its version, the controller who answers
 * for the data, and the text. Anyone can recompute it from what `GET /v1/notice` shows.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeInteger } from "./integer.ts";
import { encodeStatement } from "./statement.ts";

export function noticeHash(version: number, controller: string, text: string): Uint8Array {
  return sha256(
    encodeStatement("notice", [encodeInteger(version), utf8ToBytes(controller), utf8ToBytes(text)]),
  );
}
