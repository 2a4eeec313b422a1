/** Gets introductions. The relay evaluates them blinded: it learns that this device may write to somebody, not to whom. */
import { randomBytes } from "@noble/hashes/utils.js";
import {
  formatIntroduction,
  INTRODUCTION_NONCE_SIZE,
  introductionDay,
  introductionInput,
} from "../../protocol/introduction.ts";
import { MAX_INTRODUCTIONS_A_CALL } from "../../protocol/limits.ts";
import { ROUTES } from "../../protocol/routes.ts";
import { reachOf } from "../people/reaching.ts";
import { RelayProtocolError } from "../relay-problem.ts";
import type { Session } from "../session.ts";
import type { Directory } from "./directory.ts";
import { evaluate } from "./evaluating.ts";
import { getIntroduction, isUsable, putIntroduction } from "./introductions.ts";

/**
 * Makes sure that a device which was found by number can be written to: with what it or its owner said of how to
 * reach it, else with an introduction, a new one if the one at hand has ended.
 */
export async function introduce(session: Session, directory: Directory, device: string): Promise<void> {
  const { vault, platform, identity } = session;
  const known = getIntroduction(vault, device);
  const reach = reachOf(vault, device);
  if (reach !== undefined && reach.token !== known?.token) return;
  const now = platform.now();
  if (known !== undefined && isUsable(known, now)) {
    if (known.usedAt === undefined)
      await vault.transaction((draft) => putIntroduction(draft, device, { ...known, usedAt: now }));
    return;
  }
  const [key] = (await directory.parameters()).introductionKeys;
  if (key === undefined || key.version < 1 || key.version > 0xff)
    throw new RelayProtocolError("This relay gives no introductions.");
  const nonce = randomBytes(INTRODUCTION_NONCE_SIZE);
  const day = introductionDay(now);
  const evaluator = {
    kind: "introduction",
    path: ROUTES.introductions,
    batch: MAX_INTRODUCTIONS_A_CALL,
  } as const;
  const [output] = await evaluate(session, evaluator, key, [introductionInput(device, nonce, day)]);
  if (output === undefined) throw new RelayProtocolError("The relay's answer holds no introduction.");
  const token = formatIntroduction({ keyVersion: key.version, nonce, day, output });
  await vault.transaction((draft) =>
    putIntroduction(draft, device, { token, relay: identity.relay, day, usedAt: now }),
  );
}
