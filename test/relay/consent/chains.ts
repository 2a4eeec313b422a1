/** Consents in D1 as long ago as a test wants, and the ledger as an operator exports it. */

import { env } from "cloudflare:workers";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { LEDGER_EXPORT } from "../../../src/protocol/ledger/export.ts";
import { followingEvent } from "../../../src/relay/consent/event.ts";
import { endConsent } from "../../../src/relay/consent/ledger.ts";
import { noteMailbox, writeGrant } from "../../../src/relay/consent/records.ts";

const random = (size: number) => encodeBase64url(crypto.getRandomValues(new Uint8Array(size)));

export async function grantedAt(at: number) {
  const record = {
    address: random(32),
    consentId: random(16),
    controller: "Somebody",
    noticeVersion: 1,
    noticeHash: random(32),
    purposes: ["messaging"],
    jurisdiction: "",
    method: "test",
    grantedAt: at,
    statement: random(100),
    signature: random(64),
    statementHash: random(32),
    receipt: `receipt ${random(8)}`,
  } as const;
  const { consentId, noticeHash, statementHash } = record;
  const event = followingEvent(undefined, {
    consentId,
    kind: "granted",
    occurredAt: at,
    noticeHash,
    statementHash,
  });
  await writeGrant(env.RECORDS, record, event);
  // Else the daily run would look for it.
  await noteMailbox(env.RECORDS, consentId);
  return {
    consentId,
    end: (endedAt: number) => endConsent(env.RECORDS, { consentId, receipt: () => "r", at: endedAt }),
  };
}

export async function exportLedger(records: D1Database): Promise<string[]> {
  const { results } = await records.prepare(LEDGER_EXPORT).bind(0, 10_000).all<{ line: string }>();
  return results.map(({ line }) => line);
}
