import { bytesToUtf8, utf8ToBytes } from "@noble/ciphers/utils.js";
import type { VaultDraft, VaultReader } from "./vault.ts";

/** Small records are kept as JSON. The vault authenticates its entries, so what reads back is what was put. */
export function putJson(draft: VaultDraft, name: string, value: unknown): void {
  draft.put(name, utf8ToBytes(JSON.stringify(value)));
}

export function getJson<T>(reader: VaultReader, name: string): T | undefined {
  const bytes = reader.get(name);
  return bytes && (JSON.parse(bytesToUtf8(bytes)) as T);
}

export function listJson<T>(reader: VaultReader, prefix: string): [name: string, value: T][] {
  return reader.list(prefix).map(([name, bytes]) => [name, JSON.parse(bytesToUtf8(bytes)) as T]);
}
