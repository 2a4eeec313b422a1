/** Keeps the mailbox supplied with keys that others found channels on. */
import type { MailboxAnswer } from "../protocol/answers.ts";
import { DAY } from "../protocol/limits.ts";
import { type OneTimeKey, oneTimeKeyToJson } from "../protocol/one-time-key.ts";
import { ROUTES } from "../protocol/routes.ts";
import { makePool } from "./channel/pool.ts";
import { keepNonce, lastNonce } from "./identity.ts";
import { callWithNonce, type Session } from "./session.ts";
import { callSigned } from "./transport.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft } from "./vault/vault.ts";

const POOL_MADE = "device/pool-made";

/** One-time keys in a fresh pool: a day's first contacts of one person. Each costs its maker about a millisecond. */
const POOL_SIZE = 20;
/** Below this the pool is replaced before its day is over: the next burst of contacts must find keys. */
const POOL_LOW = 5;

/** Makes a new pool, keeps the private halves, and only then publishes. Repeatable after any failure. */
export async function replacePool(session: Session): Promise<void> {
  const { vault, identity, platform } = session;
  const keys: OneTimeKey[] = await vault.transaction((draft) =>
    makePool(draft, identity, platform.now(), POOL_SIZE),
  );
  await callWithNonce(session, {
    method: "PUT",
    path: ROUTES.oneTimeKeys,
    json: { keys: keys.map(oneTimeKeyToJson) },
  });
  await vault.transaction((draft) => putJson(draft, POOL_MADE, platform.now()));
  await vault.checkpoint();
}

/**
 * Asks how the mailbox stands and replaces the pool when it is a day old or low. Called after draining: what
 * was founded on the old keys has then been opened.
 *
 * @param onRestored the relay knows a later nonce than the vault: this vault is an old copy, and its chains may
 *   have been moved on by the newer one. Nothing of them may be used again.
 */
export async function tendPool(session: Session, onRestored: (draft: VaultDraft) => void): Promise<void> {
  const { vault, identity, platform } = session;
  const status = await callSigned<MailboxAnswer>(platform, identity, { method: "GET", path: ROUTES.mailbox });
  const restored = status.nonce > lastNonce(vault);
  if (restored) await adoptNonce(session, status.nonce, onRestored);
  const made = getJson<number>(vault, POOL_MADE) ?? 0;
  if (restored || status.oneTimeKeys < POOL_LOW || !status.lastResortKey || made + DAY <= platform.now())
    await replacePool(session);
}

function adoptNonce(session: Session, nonce: number, onRestored: (draft: VaultDraft) => void): Promise<void> {
  return session.vault.transaction((draft) => {
    onRestored(draft);
    keepNonce(draft, nonce);
  });
}
