/** What the data map says of a table, besides what the schema says of its columns. */
export interface TableEntry {
  readonly about: string;
  /** How its rows reach `held`, or why they don't. */
  readonly held: string;
  /** Of every column that does not say otherwise. */
  readonly readers: string;
  /** As `readers`. */
  readonly goes: string;
  /** Columns that differ, or whose comment in the schema leans on a neighbour's. */
  readonly columns?: Readonly<Record<string, ColumnEntry>>;
}

interface ColumnEntry {
  readonly why?: string;
  readonly readers?: string;
  readonly goes?: string;
}

export const OWNER = "you, with `held`";
/** Receipts and the ledger's events are given to the id alone, which exports of the ledger say as well. */
export const BY_ID = "you, and whoever knows the consent's id, which is random";
export const BY_CONSENT = "every row with your address or your consent's id";
