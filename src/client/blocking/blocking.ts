/**
 * Shutting one person out: one delivery token lets everybody in, so it is replaced, and everybody else who wrote learns
 * the new one inside their channels. What the blocked person still sends, with an introduction perhaps, is dropped
 * unseen.
 */
import type { DeliveryTokenAnswer } from "../../protocol/answers.ts";
import { parseDeliveryToken } from "../../protocol/delivery-token.ts";
import { ROUTES } from "../../protocol/routes.ts";
import { listChannelPeers } from "../channel/sweeping.ts";
import { keepConsent, requireConsent } from "../consent-record.ts";
import { getContact, UnknownContactError } from "../contacts.ts";
import { addErrand } from "../errands.ts";
import type { Identity } from "../identity.ts";
import { refreshList } from "../linking/own-list.ts";
import { shareWithSiblings } from "../linking/sharing.ts";
import { mayTell } from "../people/acquaintance.ts";
import { devicesOf, personOf } from "../people/persons.ts";
import { isRelayError, RelayProtocolError } from "../relay-problem.ts";
import { callWithNonce, type Session } from "../session.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { type BlockingWord, isBlocked, nextWordAt } from "./blocked.ts";
import { OWED, takeBlockingWord } from "./taking-word.ts";
import { noteUntold } from "./telling-token.ts";

/**
 * Blocks a person: at once on this device, and at the relay as soon as it answers.
 *
 * @returns whether the relay has replaced the token: else that is tried again by itself
 * @throws NoConsentError, UnknownContactError
 */
export async function block(session: Session, contact: string): Promise<boolean> {
  const { vault, identity, platform } = session;
  requireConsent(vault);
  await vault.transaction((draft) => {
    const word = wordOn(draft, identity, contact, true, platform.now());
    if (takeBlockingWord(draft, word))
      shareWithSiblings(draft, identity, { blocking: [word] }, platform.now());
  });
  try {
    await replaceTokenIfOwed(session);
    return true;
  } catch (error) {
    if (!isRelayError(error)) throw error;
    return false;
  }
}

/** Hears from the person again, and tells them the present token. @throws UnknownContactError */
export async function unblock({ vault, identity, platform }: Session, contact: string): Promise<void> {
  await vault.transaction((draft) => {
    const now = platform.now();
    const word = wordOn(draft, identity, contact, false, now);
    if (!takeBlockingWord(draft, word)) return;
    shareWithSiblings(draft, identity, { blocking: [word] }, now);
    for (const device of word.devices) tellToken(draft, identity, device, now);
  });
}

/** @throws RelayProblem, RelayUnreachableError, RelayProtocolError: it is still owed */
export async function replaceTokenIfOwed(session: Session): Promise<void> {
  const { vault, identity, platform, news } = session;
  if (vault.get(OWED) === undefined) return;
  const call = { method: "POST", path: ROUTES.deliveryToken } as const;
  const { deliveryToken } = await callWithNonce<DeliveryTokenAnswer>(session, call);
  if (typeof deliveryToken !== "string" || parseDeliveryToken(deliveryToken) === undefined)
    throw new RelayProtocolError("The relay's answer holds no delivery token.");
  const told = await vault.transaction((draft) => {
    const now = platform.now();
    const own = identity.address.text;
    keepConsent(draft, { ...requireConsent(draft), deliveryToken });
    draft.delete(OWED);
    for (const peer of listChannelPeers(draft))
      if (peer !== own && !isBlocked(draft, peer)) tellToken(draft, identity, peer, now);
    return refreshList(draft, identity, now);
  });
  news.tell(told);
}

/** Whoever may not be sent anything unasked learns it with the owner's first answer. */
function tellToken(draft: VaultDraft, identity: Identity, device: string, now: number): void {
  noteUntold(draft, device);
  if (mayTell(draft, identity, device)) addErrand(draft, device, { kind: "bare" }, now);
}

function wordOn(
  draft: VaultDraft,
  { address }: Identity,
  contact: string,
  blocked: boolean,
  now: number,
): BlockingWord {
  const person = personOf(draft, contact);
  if (getContact(draft, person) === undefined || person === personOf(draft, address.text))
    throw new UnknownContactError("No contact has this address.");
  return { person, devices: devicesOf(draft, person), blocked, at: nextWordAt(draft, person, now) };
}
