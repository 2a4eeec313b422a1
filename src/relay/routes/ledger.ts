/** The ledger from outside: the events of one consent, for whoever may know them, and the signed heads of the whole. */
import type { EventsAnswer, LedgerHeadsAnswer } from "../../protocol/answers.ts";
import { DAY } from "../../protocol/limits.ts";
import { headsSince } from "../consent/heads.ts";
import { historyOf } from "../consent/history.ts";
import { findInAny, recordsByJurisdiction } from "../consent/jurisdictions.ts";
import { consentOf } from "../consent/records.ts";
import type { RelayContext } from "../edge/context.ts";
import { ProblemError } from "../edge/problem.ts";
import { ownRecords } from "./own-mailbox.ts";

/** There is a new one once a day. */
const HEADS_CACHED = "public, max-age=3600";

export async function getOwnEvents(c: RelayContext): Promise<Response> {
  const records = ownRecords(c);
  const record = await consentOf(records, c.var.device.address.text);
  if (record === undefined) throw new ProblemError("no-consent");
  return c.json((await historyOf(records, record.consentId, fromOf(c))) satisfies EventsAnswer);
}

/** The random id opens this as it opens the receipt, which says more. Unknown and purged ones are alike. */
export async function getConsentEvents(c: RelayContext): Promise<Response> {
  const from = fromOf(c);
  const consentId = c.req.param("consentId") ?? "";
  const history = await findInAny(c.env, async (records) => {
    const found = await historyOf(records, consentId, from);
    return found.events.length > 0 ? found : undefined;
  });
  if (history === undefined && from === 0) throw new ProblemError("no-receipt");
  return c.json((history ?? { events: [], more: false }) satisfies EventsAnswer);
}

export async function getLedgerHeads(c: RelayContext): Promise<Response> {
  const since = c.req.query("since") ?? "1970-01-01";
  const day = /^\d{4}-\d{2}-\d{2}$/.test(since) ? Date.parse(since) / DAY : Number.NaN;
  if (Number.isNaN(day)) throw new ProblemError("malformed-request");
  const wanted = c.req.query("jurisdiction") ?? "";
  const ledger = recordsByJurisdiction(c.env).find(({ jurisdiction }) => jurisdiction === wanted);
  if (ledger === undefined) throw new ProblemError("jurisdiction-unavailable");
  c.header("cache-control", HEADS_CACHED);
  return c.json((await headsSince(ledger.records, day)) satisfies LedgerHeadsAnswer);
}

function fromOf(c: RelayContext): number {
  const text = c.req.query("from") ?? "0";
  if (!/^\d{1,15}$/.test(text)) throw new ProblemError("malformed-request");
  return Number(text);
}
