/** Vault files for the tests of the file vault: made, measured and read from outside. */
import { mkdtempSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToUtf8, randomBytes } from "@noble/ciphers/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { afterAll, beforeAll } from "vitest";
import { FileVault } from "../../../src/client/vault/file.ts";
import { HEADER_SIZE, openHeader, openRecord } from "../../../src/client/vault/sealed-format.ts";
import type { LastingPlace } from "./place.ts";
import { sealedCopy } from "./sealed-copy.ts";

export const octets = utf8ToBytes;
export const key = randomBytes(32);
export let directory: string;
let made = 0;
export const newPath = () => join(directory, `vault-${made++}`);

/** Gives the file that calls it a folder of its own, and takes it away at the file's end. */
export function inOwnFolder(): void {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "restante-vault-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
}

/** A file vault's place for the conformance test. */
export function filePlace(): LastingPlace {
  const path = newPath();
  return {
    open: () => FileVault.open(path, { key }),
    copy: async () => {
      const [from = 0, ...ends] = boundaries(path);
      const file = new Uint8Array(readFileSync(path));
      const header = file.slice(0, from);
      const records = ends.map((end, i) => file.slice(i === 0 ? from : ends[i - 1], end));
      return sealedCopy(header, records, key);
    },
    restore: async ({ octets: parts }) => {
      writeFileSync(`${path}.restored`, Buffer.concat(parts));
      renameSync(`${path}.restored`, path);
    },
  };
}

/** Where each record begins, the snapshot first, and the end of the last. */
export function boundaries(path: string): number[] {
  const file = new Uint8Array(readFileSync(path));
  const keys = openHeader(file, key);
  if (keys === undefined) throw new Error("not our file");
  const found = [HEADER_SIZE];
  for (let at = HEADER_SIZE; at < file.length; ) {
    const record = openRecord(keys, found.length - 1, file, at);
    if (record === undefined || record === "torn") throw new Error("not a record");
    at = record.end;
    found.push(at);
  }
  return found;
}

/** A closed vault with a = 1, then b = 2, then c = 3, a transaction each. */
export async function threeRecords(): Promise<string> {
  const path = newPath();
  const vault = await FileVault.open(path, { key });
  for (const [name, value] of Object.entries({ a: "1", b: "2", c: "3" }))
    await vault.transaction((draft) => draft.put(name, octets(value)));
  await vault.close();
  return path;
}

export async function entriesOf(path: string): Promise<string[]> {
  const vault = await FileVault.open(path, { key });
  const found = vault.list("").map(([name, value]) => `${name}=${bytesToUtf8(value)}`);
  await vault.close();
  return found;
}

/** The header as the medium has it now, whatever names the file has left. */
export function headerOf(descriptor: number): Buffer {
  const header = Buffer.alloc(HEADER_SIZE, 1);
  readSync(descriptor, header, 0, HEADER_SIZE, 0);
  return header;
}
