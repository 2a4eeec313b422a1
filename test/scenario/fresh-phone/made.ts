/**
 * What the relay makes of a field and keeps, made anew here: hashes under its secrets, by the rules that are written
 * beside them in src/relay, and what only the own number opens.
 */
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { openEntry } from "../../../src/protocol/directory/entry.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { routePlaces } from "../../../src/relay/directory/sealing.ts";
import type { VoprfKey } from "../../../src/relay/voprf/keys.ts";
import type { Leaving } from "./leaving.ts";
import { base64 } from "./named.ts";
import type { Stored } from "./stored.ts";

/** What a test relay's root secret is. */
const ROOT = Buffer.alloc(32);

/** Longer than the whole story takes. */
const STORY = 20 * 60_000;

interface Making {
  readonly value: string;
  /** The call that it left with. */
  readonly leaving: Leaving;
  readonly stored: Stored;
  /** The one that its devices verified. */
  readonly number: string;
  readonly directoryKeys: readonly VoprfKey[];
}

type IsIn = (column: string, making: Making) => boolean;

const BY_FIELD: Readonly<Record<string, IsIn>> = {
  "signature-input: keyid": isSealed,
  "statement: address": isSealed,
  "ticket: address": isSealed,
  "signature-input: nonce": isToday,
  "ticket: nonce": isToday,
  "statement: salt": (column, { stored }) =>
    stored
      .cells("records.consent.statement")
      .some((statement) => stored.cells(column).includes(sha256(Buffer.from(statement, "base64url")))),
  "keys[].publicKey": (column, { value, stored }) => {
    const hash = Buffer.from(sha256(Buffer.from(value, "base64url")), "base64url");
    return stored.cells(column).includes(base64(hash.subarray(0, 16)));
  },
  "keys[].lastResort": (column, { value, stored }) =>
    stored.cells(column).includes(value === "true" ? "1" : "0"),
  ttl: (column, { value, stored }) =>
    stored.cells(column).some((end) => {
      const left = Number(end) - Number(value) * 1000;
      return left <= Date.now() && left > Date.now() - STORY;
    }),
  number: (column, { value, stored, directoryKeys }) =>
    [
      numberHash(value),
      budgetOf("codes to a number", value),
      ...routePlaces(directoryKeys, value).map(({ routeId }) => routeId),
    ].some((made) => stored.cells(column).includes(made)),
  code: (column, { value, leaving, stored }) => {
    const id = leaving.fields.find(([name]) => name === "path: id")?.[1];
    return stored.cells(column).includes(keyed("one-time-code", `code\0${id}\0${value}`));
  },
  // The level is a count that time fills up: that there is one, under the number's budget, is all that can be said.
  "elements[]": (column, { stored, number }) =>
    stored.cells("records.budget.subject").includes(budgetOf("look-ups of a number", number)) &&
    stored.cells(column).length > 0,
};

/** Whether what is made of a field stands in a column. */
export function isMadeIn(column: string, field: string, making: Making): boolean {
  return BY_FIELD[field]?.(column, making) ?? false;
}

function isSealed(column: string, { value, stored, number, directoryKeys }: Making): boolean {
  const places = routePlaces(directoryKeys, number);
  return stored
    .cells(column)
    .some((entry) =>
      places.some(
        ({ keys }) => openEntry(new Uint8Array(Buffer.from(entry, "base64url")), keys)?.address === value,
      ),
    );
}

/** Or on the day before, when it is just over. */
function isToday(column: string, { stored }: Making): boolean {
  return [Date.now(), Date.now() - STORY].some((time) =>
    stored.cells(column).includes(String(Math.floor(time / DAY))),
  );
}

function budgetOf(kind: string, number: string): string {
  return keyed("budget", `${kind}\0${numberHash(number)}`);
}

function numberHash(number: string): string {
  return keyed("number", number);
}

function keyed(label: string, text: string): string {
  const secret = Buffer.from(hkdfSync("sha256", ROOT, "", `restante/secret/1\0${label}`, 32));
  return createHmac("sha256", secret).update(text).digest("base64url");
}

function sha256(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("base64url");
}
