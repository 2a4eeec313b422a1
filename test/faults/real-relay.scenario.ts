import { fileURLToPath } from "node:url";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { readEveryFile, readMailboxes, readRecords, type Tables } from "../../src/local/storage.ts";
import { useRelay } from "../scenario/relay.ts";
import { tellAcknowledged } from "./acknowledged-story.ts";
import { loadSdk } from "./player.ts";
import { robberiesIn } from "./robbery.ts";
import { markIn, Thief } from "./thief.ts";
import { latin1 } from "./windows.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** What stands in a relay's tables, as octets. */
function octetsIn(tables: Tables): Uint8Array[] {
  return Object.values(tables).flatMap((rows) =>
    rows.flatMap((row) =>
      Object.values(row).flatMap((value) =>
        value instanceof Uint8Array ? [value] : typeof value === "string" ? [utf8ToBytes(value)] : [],
      ),
    ),
  );
}

describe("acknowledged texts, through the real relay", () => {
  const relay = useRelay();

  it("stay closed to who has its whole storage, as it was before each erasure, and the vault", async () => {
    const stored = new Map<string, Uint8Array>();
    const look = async () => {
      const { state } = relay();
      for (const tables of [...(await readMailboxes(state)), await readRecords(state)])
        for (const octets of octetsIn(tables)) stored.set(latin1(octets), octets);
      const files = await readEveryFile(state);
      expect(files.flatMap(({ bytes }) => markIn(bytes) ?? [])).toEqual([]);
    };
    // It stands still: requests may be a minute old, and the thief knows when each founding was made.
    const start = Date.now();
    const { origin } = relay();
    const world = { origin, fetch: globalThis.fetch, now: () => start, look };
    const told = await tellAcknowledged(await loadSdk(PROJECT), world);

    // All that the wire gives the thief of Bo's was in the storage.
    const { envelopes } = told.known;
    const envelopesToBo = envelopes.filter(({ to }) => to === told.of).map(({ octets }) => latin1(octets));
    expect(envelopesToBo.filter((envelope) => !stored.has(envelope))).toEqual([]);

    const thief = new Thief(told.known);
    const early = (await thief.rob(told.early.values)).map(({ text }) => text);
    expect(early).toEqual(expect.arrayContaining([...told.early.open]));
    const copies = told.copies.map((copy) => ({ ...copy, values: [...copy.values, ...stored.values()] }));
    expect(await robberiesIn({ ...told, copies }, thief)).toEqual([]);
  }, 120_000);
});
