/** What stands in a relay's tables, by column of the data map, at all the moments at which somebody looked. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deserialize } from "node:v8";
import { readMailboxes, readRecords, type Tables } from "../../../src/local/storage.ts";
import { base64 } from "./named.ts";

/** Shorter ones are met by chance. */
const TELLING = 12;

export class Stored {
  /** Column → what stands in it (octets as base64url) → the octets to search: as they are, and unpacked. */
  readonly #columns = new Map<string, Map<string, readonly Buffer[]>>();

  async look(state: string): Promise<void> {
    for (const tables of await readMailboxes(state)) this.#take("mailbox", tables);
    this.#take("records", await readRecords(state));
    for (const tables of await readOneTimeCodes(state)) this.#take("one-time-code", tables);
  }

  cells(column: string): string[] {
    return [...(this.#columns.get(column)?.keys() ?? [])];
  }

  /** Whether a value stands in a column, by itself or in what is packed there. */
  isIn(column: string, value: string): boolean {
    const cells = this.#columns.get(column) ?? new Map<string, readonly Buffer[]>();
    const traces = tracesOf(value);
    return (
      cells.has(value) || [...cells.values()].some((octets) => octets.some((one) => hasAny(one, traces)))
    );
  }

  /** All columns in which a value stands; none for one that is too short to tell. */
  columnsWith(value: string): string[] {
    if (value.length < TELLING || /^[0-9]+$/.test(value)) return [];
    return [...this.#columns.keys()].filter((column) => this.isIn(column, value));
  }

  #take(place: string, tables: Tables): void {
    for (const [table, rows] of Object.entries(tables))
      for (const row of rows)
        for (const [name, cell] of Object.entries(row)) {
          const column = `${place}.${table}.${name}`;
          const cells = this.#columns.get(column) ?? new Map();
          this.#columns.set(column, cells);
          if (cell === null) continue;
          const text = cell instanceof Uint8Array ? base64(cell) : String(cell);
          if (!cells.has(text)) cells.set(text, typeof cell === "bigint" ? [] : unpacked(text));
        }
  }
}

/** How a value would look in a file: as it was sent, without what a header has around it; and as octets. */
export function tracesOf(value: string): Buffer[] {
  const bare = value.replace(/^[\w-]+=:(.*):$/, "$1");
  const traces: Buffer[] = [Buffer.from(bare)];
  // In statements, times are integers of eight octets.
  if (/^1[0-9]{12}$/.test(bare)) traces.push(eightOctets(BigInt(bare)));
  else if (/^[\w+/-]{11,}=*$/.test(bare)) traces.push(Buffer.from(bare, "base64"));
  if (bare.startsWith("+")) traces.push(Buffer.from(bare.slice(1)));
  return traces;
}

function eightOctets(value: bigint): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(value);
  return octets;
}

export function hasAny(octets: Buffer, traces: readonly Buffer[]): boolean {
  return traces.some((trace) => octets.includes(trace));
}

/** A statement is base64url, and so is each part of a receipt. */
function unpacked(text: string): Buffer[] {
  return [Buffer.from(text), ...text.split(".").map((part) => Buffer.from(part, "base64"))];
}

/** What these objects keep is one value, serialized by the platform. */
async function readOneTimeCodes(state: string): Promise<Tables[]> {
  const folder = join(state, "v3", "do", "restante-OneTimeCode");
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite")
    .flatMap((name) => {
      const database = new DatabaseSync(join(folder, name), { readOnly: true });
      try {
        const { value } = database.prepare("SELECT value FROM _cf_KV").get() ?? {};
        if (!(value instanceof Uint8Array)) return [];
        const { verifications = [] } = deserialize(value) as { verifications?: Verification[] };
        return [
          {
            verifications: verifications.map(({ code, ...rest }) => ({ ...rest, code: code?.hash ?? null })),
          },
        ];
      } finally {
        database.close();
      }
    });
}

type Verification = Record<string, string | null> & { readonly code: { readonly hash: string } | null };
