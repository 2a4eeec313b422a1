/** What the storage files hold of a device, in the form in which `held` shows it. */
import { createHash } from "node:crypto";
import { readMailboxes, readRecords, type Tables } from "../../src/local/storage.ts";
import type { HeldTable } from "../../src/protocol/answers.ts";

/** Longer octets are shown by size and hash. */
const SHOWN_OCTETS = 64;

/** Of its mailbox every table; of D1 those with a row that says its address or consent id, wherever in the row. */
export async function ownRows(
  state: string,
  { address, consentId }: { readonly address: string; readonly consentId: string },
): Promise<{ mailbox: HeldTable[]; records: HeldTable[] }> {
  const mailboxes = await readMailboxes(state);
  const mailbox = mailboxes.find((tables) => tables.mailbox?.some((row) => row.address === address));
  const isOwn = (row: Shown) => [address, consentId].some((name) => Object.values(row).includes(name));
  const records = shownTables(await readRecords(state)).map(({ table, rows }) => ({
    table,
    rows: rows.filter(isOwn),
  }));
  return sorted({
    mailbox: shownTables(mailbox ?? {}),
    records: records.filter(({ rows }) => rows.length > 0),
  });
}

/** Everybody's: they name nobody. */
export async function storedBudgets(state: string): Promise<HeldTable["rows"]> {
  const tables = shownTables(await readRecords(state));
  return tables.find(({ table }) => table === "budget")?.rows ?? [];
}

/** In no order that means anything, so in one that can be compared. */
export function sorted<Held extends { mailbox: HeldTable[]; records: HeldTable[] }>(held: Held) {
  const inOrder = (tables: readonly HeldTable[]) =>
    tables
      .map(({ table, rows }) => ({ table, rows: rows.toSorted(byText) }))
      .toSorted((a, b) => (a.table < b.table ? -1 : 1));
  return { mailbox: inOrder(held.mailbox), records: inOrder(held.records) };
}

type Shown = HeldTable["rows"][number];

const byText = (a: Shown, b: Shown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

function shownTables(tables: Tables): HeldTable[] {
  return Object.entries(tables).map(([table, rows]) => ({
    table,
    rows: rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([column, value]) => [column, shown(value)])),
    ),
  }));
}

function shown(value: Tables[string][number][string] | undefined): Shown[string] {
  if (typeof value === "bigint") return Number(value);
  if (!(value instanceof Uint8Array)) return value ?? null;
  const octets = Buffer.from(value);
  if (octets.length <= SHOWN_OCTETS) return octets.toString("base64url");
  return { bytes: octets.length, sha256: createHash("sha256").update(octets).digest("base64url") };
}
