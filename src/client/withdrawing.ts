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
  // The first place where it shows that nobody agreed to anything: nothing has left.
  if (!hasJournaledYes(session.vault)) return endKnown(session, requireConsent(session.vault).consentId);
  try {
    const receipt = await askForTheEnd(session);
    return { consentId: await verifiedUnanswered(session, receipt), receipt };
  } catch (error) {
    if (!isNoConsent(error)) throw error;
    const consentId = journaledConsentId(session.vault) ?? currentConsent(session.vault)?.consentId;
    if (consentId !== undefined) return { consentId, receipt: await fetchReceipt(session, consentId) };
    // It stays journaled: the yes may still be on its way there, and then there is something to end.
    throw new NoConsentError("The relay has no consent of this device's: its yes has not taken effect.");
  }
}

async function endKnown(session: Session, consentId: string): Promise<Ended> {
  try {
    const receipt = await askForTheEnd(session);
    // An old copy of the vault knows an older consent than the one that this has ended: what became of that?
    if (consentErasedBy(receipt) !== consentId)
      return { consentId, receipt: await fetchReceipt(session, consentId) };
    await requireErasure(session.platform, session.identity.relay, receipt, consentId);
    return { consentId, receipt };
  } catch (error) {
    if (!isNoConsent(error)) throw error;
    return { consentId, receipt: await fetchReceipt(session, consentId) };
  }
}

async function askForTheEnd(session: Session): Promise<string> {
  const call = { method: "DELETE", path: ROUTES.currentConsent } as const;
  return (await callWithNonce<ReceiptAnswer>(session, call)).receipt;
}

async function fetchReceipt(
  { platform, identity: { relay } }: Session,
  consentId: string,
): Promise<string | undefined> {
  try {
    const call = { method: "GET", path: pathOf(ROUTES.receipt, { consentId }) } as const;
    const { receipt } = await callOpen<ReceiptAnswer>(platform, relay, call);
    await requireErasure(platform, relay, receipt, consentId);
    return receipt;
  } catch (error) {
    if (error instanceof RelayProblem && error.code === "no-receipt") return undefined;
    throw error;
  }
}

/**
 * Of a yes whose answer never came: this device learns only now which consent it made.
 *
 * @returns the consent's id
 */
async function verifiedUnanswered({ vault, platform, identity }: Session, receipt: string): Promise<string> {
  const consentId = consentErasedBy(receipt) ?? "";
  const known = ownConsents(vault).consents.find((consent) => consent.consentId === consentId);
  // Else what the relay kept of an earlier end would pass for this one's.
  if (known?.endedAt !== undefined)
    throw new RelayProtocolError("The relay answered with the receipt of an earlier end.");
  if (consentId !== "") await vault.transaction((draft) => noteJournaledConsentId(draft, consentId));
  await requireErasure(platform, identity.relay, receipt, consentId);
  return consentId;
}

function isNoConsent(error: unknown): boolean {
  return error instanceof RelayProblem && error.code === "no-consent";
}
