/**
 * Leaving. It can be asked for again after a lost answer or a crash, until the relay has said, and proved, that the consent
 * ended: then the device forgets what only the consent was for.
 */
import type { ReceiptAnswer } from "../protocol/answers.ts";
import { pathOf, ROUTES } from "../protocol/routes.ts";
import { currentConsent, dropConsent, requireConsent } from "./consent-record.ts";
import { insisting } from "./insisting.ts";
import {
  forgetJournaledYes,
  hasJournaledYes,
  journaledConsentId,
  noteJournaledConsentId,
} from "./journaled-yes.ts";
import { noteEnded, ownConsents } from "./own-consents.ts";
import { consentErasedBy, requireErasure } from "./own-receipts.ts";
import { NoConsentError, RelayProblem, RelayProtocolError } from "./relay-problem.ts";
import { callWithNonce, type Session } from "./session.ts";
import { callOpen } from "./transport.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const ERASURE_RECEIPT = "device/erasure-receipt";

/** Whether there is anything to leave: a consent, or a yes that may have taken effect though its answer never came. */
export function mayBeConsented(reader: VaultReader): boolean {
  return currentConsent(reader) !== undefined || hasJournaledYes(reader);
}

/** With a new consent, the receipt of the last one's end is no longer the answer to a withdrawal. */
export function forgetErasureReceipt(draft: VaultDraft): void {
  draft.delete(ERASURE_RECEIPT);
}

/**
 * Ends the consent at the relay and forgets here what only it was for, with `forget`. Repeatable: a second call
 * after a lost answer fetches the receipt of the first.
 *
 * @returns the erasure receipt, or undefined when it ended so long ago that the relay keeps none any more
 * @throws NoConsentError when there is none; RelayProtocolError when what the relay answers does not prove the end
 */
export async function withdrawConsent(
  session: Session,
  forget: (draft: VaultDraft) => void,
): Promise<string | undefined> {
  const kept = getJson<string>(session.vault, ERASURE_RECEIPT);
  if (!mayBeConsented(session.vault) && kept !== undefined) {
    // A run that ended before its checkpoint left the keys readable.
    await session.vault.checkpoint();
    return kept;
  }
  const { consentId, receipt } = await insisting(session, () => end(session));
  await session.vault.transaction((draft) => {
    dropConsent(draft);
    forgetJournaledYes(draft);
    noteEnded(draft, consentId, receipt, session.platform.now());
    forget(draft);
    if (receipt !== undefined) putJson(draft, ERASURE_RECEIPT, receipt);
  });
  await session.vault.checkpoint();
  return receipt;
}

interface Ended {
  readonly consentId: string;
  readonly receipt: string | undefined;
}

async function end(session: Session): Promise<Ended> {
  const { vault } = session;
  // The first place where it shows that nobody agreed to anything: nothing has left.
  const unanswered = hasJournaledYes(vault);
  const known = unanswered ? journaledConsentId(vault) : requireConsent(vault).consentId;
  try {
    const path = ROUTES.currentConsent;
    const { receipt } = await callWithNonce<ReceiptAnswer>(session, { method: "DELETE", path });
    return { consentId: await verified(session, receipt, unanswered ? undefined : known), receipt };
  } catch (error) {
    if (!(error instanceof RelayProblem) || error.code !== "no-consent") throw error;
    const consentId = known ?? currentConsent(vault)?.consentId;
    if (consentId !== undefined) return { consentId, receipt: await fetchReceipt(session, consentId) };
    // It stays journaled: the yes may still be on its way there, and then there is something to end.
    throw new NoConsentError("The relay has no consent of this device's: its yes has not taken effect.");
  }
}

async function fetchReceipt(session: Session, consentId: string): Promise<string | undefined> {
  const path = pathOf(ROUTES.receipt, { consentId });
  try {
    const call = { method: "GET", path } as const;
    const { receipt } = await callOpen<ReceiptAnswer>(session.platform, session.identity.relay, call);
    await verified(session, receipt, consentId);
    return receipt;
  } catch (error) {
    if (error instanceof RelayProblem && error.code === "no-receipt") return undefined;
    throw error;
  }
}

/** @param expected undefined: of a yes whose answer never came, so of none that this device knows to be over */
async function verified(
  { vault, platform, identity }: Session,
  receipt: string,
  expected: string | undefined,
): Promise<string> {
  const named = consentErasedBy(receipt);
  if (expected === undefined && named !== undefined) {
    const { consents } = ownConsents(vault);
    const isOver = consents.some(({ consentId, endedAt }) => consentId === named && endedAt !== undefined);
    // Else what the relay kept of an earlier end would pass for this one's.
    if (isOver) throw new RelayProtocolError("The relay answered with the receipt of an earlier end.");
    await vault.transaction((draft) => noteJournaledConsentId(draft, named));
  }
  const consentId = expected ?? named ?? "";
  await requireErasure(platform, identity.relay, receipt, consentId);
  return consentId;
}
