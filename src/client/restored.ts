/**
 * A vault that was restored from an old copy. Its chains may have been moved on by the newer one, so nothing may
 * be sealed on them again: the second text under one tag would be dropped as a double, unread. The relay gives it
 * away: it knows a later nonce than the vault.
 */
import type { MailboxAnswer } from "../protocol/answers.ts";
import { ROUTES } from "../protocol/routes.ts";
import { forgetChannels } from "./channel/sweeping.ts";
import { keepNonce, lastNonce } from "./identity.ts";
import { dropQueued } from "./queue.ts";
import type { Session } from "./session.ts";
import { callSigned } from "./transport.ts";

/**
 * Asks the mailbox how it stands. If the vault turns out to be an old copy: every channel and private key is
 * forgotten, what was still to be sent becomes undecided, and the relay's nonce is taken over. The caller must
 * then publish a new pool: nobody here can open what is founded on the one there is.
 */
export async function recoverIfRestored(
  session: Session,
): Promise<{ readonly restored: boolean; readonly status: MailboxAnswer }> {
  const { vault, identity, platform } = session;
  const status = await callSigned<MailboxAnswer>(platform, identity, { method: "GET", path: ROUTES.mailbox });
  const restored = await vault.transaction((draft) => {
    if (status.nonce <= lastNonce(draft)) return false;
    forgetChannels(draft);
    dropQueued(draft, () => true, { state: "undecided" });
    keepNonce(draft, status.nonce);
    return true;
  });
  if (restored) await vault.checkpoint();
  return { restored, status };
}
