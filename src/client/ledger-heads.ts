/**
 * The signed daily heads of a relay's ledger (docs/protocol.md, The ledger). One is believed when it is signed by a key of
 * the relay's, is of its own type (RFC 8725 §3.11) and of the ledger that is asked about: each jurisdiction has its own.
 * Those that somebody kept say more than those fetched today: a relay that cut its ledger can also sign new heads.
 */
import type { JSONWebKeySet } from "jose";
import type { LedgerHeadsAnswer } from "../protocol/answers.ts";
import { LEDGER_HEAD_TYPE, type LedgerHead, readHead } from "../protocol/ledger/head.ts";
import { DAY } from "../protocol/limits.ts";
import { ROUTES } from "../protocol/routes.ts";
import { RelayProtocolError } from "./relay-problem.ts";
import { claimsSignedBy } from "./signed-word.ts";
import { callOpen, type Platform } from "./transport.ts";

/**
 * All heads, verified, oldest first.
 *
 * @param jurisdiction whose ledger: each has one of its own; empty for the relay's own
 * @throws RelayUnreachableError, RelayProblem; RelayProtocolError when one is not what the relay's keys signed for it
 */
export async function fetchHeads(
  platform: Platform,
  relay: string,
  keys: JSONWebKeySet,
  jurisdiction: string,
): Promise<LedgerHead[]> {
  const where = jurisdiction === "" ? "" : `&jurisdiction=${jurisdiction}`;
  const all: LedgerHead[] = [];
  for (let since = "1970-01-01"; ; ) {
    const path = `${ROUTES.ledgerHeads}?since=${since}${where}`;
    const answer = await callOpen<LedgerHeadsAnswer>(platform, relay, { method: "GET", path });
    if (!Array.isArray(answer.heads)) throw new RelayProtocolError("The relay's heads have another form.");
    const heads = await verifyHeads(answer.heads, keys, jurisdiction);
    // Also what makes this come to an end: there are only so many days until today.
    if (heads.some(({ day }) => day < since || Date.parse(day) > platform.now() + DAY))
      throw new RelayProtocolError("The relay's heads are not of the days that were asked for.");
    all.push(...heads);
    const last = heads.at(-1);
    if (answer.more !== true || last === undefined) return all;
    since = dayAfter(last);
  }
}

/**
 * @param jurisdiction whose ledger; absent: of any one, as a file of kept heads does not say it
 * @throws RelayProtocolError when one is not what the relay's keys signed, or of another ledger
 */
export async function verifyHeads(
  heads: readonly string[],
  keys: JSONWebKeySet,
  jurisdiction?: string,
): Promise<LedgerHead[]> {
  const verified: LedgerHead[] = [];
  let whose: unknown = jurisdiction;
  for (const [i, jws] of heads.entries()) {
    const claims = await claimsSignedBy(keys, jws, LEDGER_HEAD_TYPE);
    const head = readHead(claims);
    if (claims === undefined || head === undefined)
      throw new RelayProtocolError(`Head ${i + 1} is not what a key of the relay's has signed.`);
    whose ??= claims.jurisdiction;
    if (claims.jurisdiction !== whose)
      throw new RelayProtocolError(`Head ${i + 1} is of another jurisdiction's ledger.`);
    verified.push(head);
  }
  return verified;
}

function dayAfter({ day }: LedgerHead): string {
  return new Date(Date.parse(day) + DAY).toISOString().slice(0, 10);
}
