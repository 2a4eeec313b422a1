/** How the data keys of a vault in IndexedDB are sealed: under one master key, or under the browser's. */
import { browserMasterKey, newBrowserKey } from "./browser-key.ts";
import { type KeySource, masterKey, newKeySource, type ScryptCost, type VaultSecret } from "./master-key.ts";
import { decodeKeySource, encodeHeader, HEADER_SIZE, openHeader, type RecordKeys } from "./sealed-format.ts";
import { VaultUnreadableError } from "./vault.ts";
import { type Head, newGeneration } from "./vault-database.ts";

/**
 * As a file vault's, or `browser`: a key that the browser makes and keeps. See browser-key.ts for what that
 * guards against, and what only a passphrase does.
 */
export type IndexedDbSecret = VaultSecret | "browser";

/** The browser's key is made anew with each data key, so there is none to remember. */
export type Sealing = { readonly source: KeySource; readonly master: Uint8Array } | "browser";

/** For a new vault. @throws RangeError when a raw key is not 32 octets. */
export async function newSealing(secret: IndexedDbSecret, cost: ScryptCost): Promise<Sealing> {
  if (secret === "browser") return secret;
  const source = newKeySource(secret, cost);
  const master = await masterKey(secret, source);
  if (master === undefined) throw new VaultUnreadableError("The secret does not fit the vault.");
  return { source, master };
}

/** Makes a head with a fresh data key, of a fresh generation. */
export async function newHead(sealing: Sealing): Promise<{ head: Head; keys: RecordKeys }> {
  const generation = newGeneration();
  if (sealing !== "browser") {
    const { header, keys } = encodeHeader(sealing.source, sealing.master);
    return { head: { generation, header }, keys };
  }
  const browserKey = await newBrowserKey();
  const master = await browserMasterKey(browserKey);
  const { header, keys } = encodeHeader("raw", master);
  master.fill(0);
  return { head: { generation, header, browserKey }, keys };
}

/** @returns undefined when the head is damaged, or was not sealed with `secret`. */
export async function openHead(
  { header, browserKey }: Head,
  secret: IndexedDbSecret,
): Promise<{ sealing: Sealing; keys: RecordKeys } | undefined> {
  const source = header.length === HEADER_SIZE ? decodeKeySource(header) : undefined;
  if (source === undefined) return undefined;
  if (secret === "browser") {
    const keys = browserKey && openHeader(header, await browserMasterKey(browserKey));
    return keys && { sealing: secret, keys };
  }
  const master = browserKey === undefined ? await masterKey(secret, source) : undefined;
  const keys = master && openHeader(header, master);
  return master && keys && { sealing: { source, master }, keys };
}
