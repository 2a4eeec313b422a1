/** What a device said itself of how it can be reached: vault entry `reach/<device>`, JSON. */
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import type { Reach } from "./reach.ts";

const REACH = "reach/";

export function getToldReach(reader: VaultReader, device: string): Reach | undefined {
  return getJson<Reach>(reader, REACH + device);
}

export function putToldReach(draft: VaultDraft, device: string, { token, relay }: Reach): void {
  putJson(draft, REACH + device, { token, relay });
}

/** A newer list or card says it. */
export function dropToldReach(draft: VaultDraft, device: string): void {
  draft.delete(REACH + device);
}
