/**
 * The signed daily heads of a relay's ledger (docs/protocol.md, The ledger). One is believed when it is signed by a key of
 * the relay's and is of its own type (RFC 8725 §3.11). Those that somebody kept say more than those fetched today: a
 * relay that cut its ledger can also sign new heads.
 */
import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import type { LedgerHeadsAnswer } from "../protocol/answers.ts";
import { LEDGER_HEAD_TYPE, type LedgerHead, readHead } from "../protocol/ledger/head.ts";
import { DAY } from "../protocol/limits.ts";
import { ROUTES } from "../protocol/routes.ts";
import { decodeUtf8 } from "../protocol/utf8.ts";
import { RelayProtocolError } from "./relay-problem.ts";
import { callOpen, type Platform } from "./transport.ts";

/** @throws RelayUnreachableError, RelayProblem; RelayProtocolError when the answer has another form */
export async function fetchKeySet(platform: Platform, relay: string): Promise<JSONWebKeySet> {
  const keys = await callOpen<JSONWebKeySet>(platform, relay, { method: "GET", path: ROUTES.keySet });
  if (!Array.isArray(keys.keys)) throw new RelayProtocolError("The relay's key set has another form.");
  return keys;
}

/**
 * All heads, verified, oldest first.
 *
 * @param jurisdiction whose ledger: each has one of its own; empty for the relay's own
 * @throws RelayUnreachableError, RelayProblem; RelayProtocolError when one is not what the relay's keys signed
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
    const heads = await verifyHeads(answer.heads, keys);
    all.push(...heads);
    const last = heads.at(-1);
    if (answer.more !== true || last === undefined) return all;
    since = new Date(Date.parse(last.day) + DAY).toISOString().slice(0, 10);
  }
}

/** @throws RelayProtocolError when one is not what the relay's keys signed */
export async function verifyHeads(heads: readonly string[], keys: JSONWebKeySet): Promise<LedgerHead[]> {
  const set = createLocalJWKSet(keys);
  const verified: LedgerHead[] = [];
  for (const [i, jws] of heads.entries()) {
    const head = await verifyHead(jws, set);
    if (head === undefined)
      throw new RelayProtocolError(`Head ${i + 1} is not what a key of the relay's has signed.`);
    verified.push(head);
  }
  return verified;
}

async function verifyHead(
  jws: string,
  keys: ReturnType<typeof createLocalJWKSet>,
): Promise<LedgerHead | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, keys, { algorithms: ["EdDSA"] });
    if (protectedHeader.typ !== LEDGER_HEAD_TYPE) return undefined;
    return readHead(JSON.parse(decodeUtf8(payload) ?? ""));
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError || error instanceof TypeError)
      return undefined;
    throw error;
  }
}
