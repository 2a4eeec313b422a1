/** A copy of a vault's header and records, and what opens with them: all that a thief of the medium could try. */
import { openHeader, openRecord } from "../../../src/client/vault/sealed-format.ts";
import type { Copy, Entry } from "./place.ts";

/** @param master the vault's master key: its secret, or what a browser's key makes */
export function sealedCopy(header: Uint8Array, records: readonly Uint8Array[], master: Uint8Array): Copy {
  const keys = openHeader(header, master);
  if (keys === undefined) throw new Error("the copy's own header does not open");
  return {
    octets: [header, ...records],
    async opens({ octets: [, ...others] }) {
      const found: Entry[] = [];
      // A record out of its place is tried in every place.
      for (const record of others)
        for (let sequence = 0; sequence < others.length; sequence++) {
          const opened = openRecord(keys, sequence, record, 0);
          if (opened !== undefined && opened !== "torn") found.push(...opened.change);
        }
      return found;
    },
  };
}
