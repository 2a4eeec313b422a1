/**
 * A vault that was restored from an old copy. Its chains may have been moved on by the newer one, so nothing may
 * be sealed on them again: the second text under one tag would be dropped as a double, unread. The relay gives it
 * away: it knows a later nonce than the vault.
 */
import { ROUTES } from "../protocol/routes.ts";
import { announceLostState } from "./announcing.ts";
import { forgetChannels } from "./channel/sweeping.ts";
import { endFallbacks } from "./fallback/fallback.ts";
import { type Identity, keepNonce, lastNonce, takeNonce } from "./identity.ts";
import { type MailboxStatus, readMailboxAnswer } from "./own-relay-answer.ts";
import { POOL_MADE, POOLS_UNANSWERED } from "./pool-record.ts";
import { dropQueued } from "./queue.ts";
import { RelayProblem, RelayProtocolError } from "./relay-problem.ts";
import { callSigned, type Platform } from "./transport.ts";
import type { Vault } from "./vault/vault.ts";

/**
 * How far a newer copy of a vault may have counted on: more than a device makes calls in its life. Beyond it the
 * relay is lying, and a device that believed it would soon have no numbers left.
 */
const MAX_AHEAD = 2 ** 32;

interface Place {
  readonly identity: Identity;
  readonly vault: Vault;
  readonly platform: Platform;
}

/**
 * Claims the vault: uses up a nonce, so that every copy made before is from now on known as an old one. A nonce
 * that was used already was used by a newer copy, and then this is an old one and is cleaned; unless the relay
 * knows just this nonce and did not before: then our own request has arrived twice.
 */
export async function claimVault(place: Place): Promise<void> {
  const { vault, identity, platform } = place;
  await askAndRecover(place);
  const nonce = await vault.transaction(takeNonce);
  try {
    await callSigned(platform, identity, { method: "POST", path: ROUTES.nonce }, nonce);
  } catch (error) {
    if (!(error instanceof RelayProblem) || error.code !== "nonce-used") throw error;
    const known = (await askMailbox(place)).nonce;
    if (known !== nonce) await cleanOldCopy(place, known);
  }
}

/** Asks the mailbox how it stands, and cleans the vault if it turns out to be an old copy. */
export async function askAndRecover(place: Place): Promise<MailboxStatus> {
  const status = await askMailbox(place);
  if (status.nonce > lastNonce(place.vault)) await cleanOldCopy(place, status.nonce);
  return status;
}

/**
 * Forgets every channel and private key; what was still to be sent becomes undecided; the relay's nonce is taken
 * over; and the pool counts as gone, for nobody here can open what is founded on it.
 */
export async function cleanOldCopy(place: Place, nonce?: number): Promise<void> {
  const known = nonce ?? (await askMailbox(place)).nonce;
  const { identity, platform } = place;
  await place.vault.transaction((draft) => {
    announceLostState(draft, identity, platform.now());
    forgetChannels(draft);
    dropQueued(draft, () => true, { state: "undecided" });
    endFallbacks(draft, "restored");
    draft.delete(POOL_MADE);
    draft.delete(POOLS_UNANSWERED);
    keepNonce(draft, Math.max(known, lastNonce(draft)));
  });
  await place.vault.checkpoint();
}

/** @throws RelayProtocolError also when the relay names a nonce that no copy of this vault can have come to */
async function askMailbox({ vault, platform, identity }: Place): Promise<MailboxStatus> {
  const answer = await callSigned<unknown>(platform, identity, { method: "GET", path: ROUTES.mailbox });
  const status = readMailboxAnswer(answer);
  if (status.nonce > lastNonce(vault) + MAX_AHEAD)
    throw new RelayProtocolError("The relay names a nonce that this device never came to.");
  return status;
}
