/**
 * What whoever seizes a vault's medium, and its master key, can still read there: every value that any record
 * ever put, also those that a later record deleted; in every file beside it; and in what is left of earlier
 * files, whose beginnings were overwritten, if a data key fits that is still to be had.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { latin1 } from "./windows.ts";

/** As src/client/vault/sealed-format.ts has it: key source 53, nonce 24, sealed data key 48. */
const SOURCE = 53;
const BOUND = SOURCE + 24;
const HEADER = BOUND + 48;
const RECORD_HEAD = 4 + 24 + 16;

export interface Medium {
  /** Of all files in the vault's folder, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Octets of earlier files, without their headers. */
  readonly remnants: readonly Uint8Array[];
}

/** Watches a folder, as a medium that does not overwrite would: what was in a file stays, but for its header. */
export class Shelf {
  readonly #folder: string;
  readonly #seen = new Map<string, Uint8Array>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async look(): Promise<Medium> {
    const files = new Map<string, Uint8Array>();
    for (const name of await readdir(this.#folder))
      if (!name.includes(".lock")) files.set(name, new Uint8Array(await readFile(join(this.#folder, name))));
    for (const file of files.values()) this.#seen.set(latin1(file.subarray(0, HEADER)), file);
    const remnants = [...this.#seen.values()].map((file) => file.slice(HEADER));
    return { files, remnants };
  }
}

/** @throws Error when the vault itself can't be read: this thief must not be blind */
export function valuesOn({ files, remnants }: Medium, master: Uint8Array): Uint8Array[] {
  const keys = [...files].flatMap(([name, file]) => {
    const key = bodyKey(file, master);
    if (key === undefined && name === "vault") throw new Error("The vault's header can't be read.");
    return key === undefined ? [] : [key];
  });
  const bodies = [...[...files.values()].map((file) => file.subarray(HEADER)), ...remnants];
  const values = new Map<string, Uint8Array>();
  for (const body of bodies)
    for (const key of keys) for (const value of recordsOf(body, key)) values.set(latin1(value), value);
  if (values.size === 0) throw new Error("The vault's records can't be read.");
  return [...values.values()];
}

function bodyKey(file: Uint8Array, master: Uint8Array): Uint8Array | undefined {
  try {
    const cipher = xchacha20poly1305(master, file.subarray(SOURCE, BOUND), file.subarray(0, BOUND));
    const dataKey = cipher.decrypt(file.subarray(BOUND, HEADER));
    return hkdf(sha256, dataKey, undefined, utf8ToBytes("restante vault record body"), 32);
  } catch {
    return undefined;
  }
}

/** Names and values of all records, as far as they go. */
function recordsOf(body: Uint8Array, key: Uint8Array): Uint8Array[] {
  const values: Uint8Array[] = [];
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const sequence = new Uint8Array(8);
  for (let at = 0; at + RECORD_HEAD <= body.length; sequence[7] = (sequence[7] ?? 0) + 1) {
    const begin = at + RECORD_HEAD;
    const end = begin + view.getUint32(at);
    try {
      const cipher = xchacha20poly1305(key, body.subarray(at + 4, at + 28), sequence);
      values.push(...valuesOf(cipher.decrypt(body.subarray(begin, end))));
    } catch {
      break;
    }
    at = end;
  }
  return values;
}

function valuesOf(change: Uint8Array): Uint8Array[] {
  const values: Uint8Array[] = [];
  const view = new DataView(change.buffer, change.byteOffset, change.length);
  for (let at = 0; at < change.length; ) {
    const puts = change[at] === 1;
    const nameEnd = at + 3 + view.getUint16(at + 1);
    values.push(change.slice(at + 3, nameEnd));
    at = nameEnd;
    if (!puts) continue;
    const end = at + 4 + view.getUint32(at);
    values.push(change.slice(at + 4, end));
    at = end;
  }
  return values;
}
