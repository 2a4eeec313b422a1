/** What goes from the vault when the consent ends. */
import { forgetAside } from "./aside.ts";
import { OWED } from "./blocking/taking-word.ts";
import { forgetUntold } from "./blocking/telling-token.ts";
import { forgetChannels } from "./channel/sweeping.ts";
import { forgetIntroductions } from "./conversations/known.ts";
import { forgetErrands } from "./errands.ts";
import { endFallbacks } from "./fallback/fallback.ts";
import { forgetAnnounced } from "./forwarding.ts";
import { forgetLinkings } from "./linking/pending.ts";
import { forgetEvaluationKeys } from "./numbers/evaluating.ts";
import { forgetFound } from "./numbers/found.ts";
import { forgetIntroductionTokens } from "./numbers/introductions.ts";
import { forgetOwnNumber } from "./numbers/own-number.ts";
import { forgetParts } from "./parts/assembly.ts";
import { POOL_MADE, POOLS_UNANSWERED } from "./pool-record.ts";
import { forgetQueue } from "./queue.ts";
import { forgetSent } from "./sent.ts";
import { forgetTakenTexts } from "./taken-texts.ts";
import type { VaultDraft } from "./vault/vault.ts";

/**
 * Forgets everything that only the consent was for: channels and keys, what was on its way in either direction,
 * and what others have been told, for without channels they must be told again. What the owner knows of people
 * stays theirs: contacts, whom they wrote to, devices, conversations, what was compared, and texts not yet read.
 */
export function forgetOnLeaving(draft: VaultDraft): void {
  forgetChannels(draft);
  draft.delete(POOL_MADE);
  draft.delete(POOLS_UNANSWERED);
  forgetAside(draft);
  forgetParts(draft);
  forgetTakenTexts(draft);
  forgetQueue(draft);
  forgetSent(draft);
  forgetOwnNumber(draft);
  forgetFound(draft);
  forgetIntroductionTokens(draft);
  forgetEvaluationKeys(draft);
  endFallbacks(draft, "left");
  forgetErrands(draft);
  forgetUntold(draft);
  draft.delete(OWED);
  forgetLinkings(draft);
  forgetIntroductions(draft);
  forgetAnnounced(draft);
}
