/** Keeps the mailbox supplied with keys that others found channels on. */
import { DAY } from "../protocol/limits.ts";
import { type OneTimeKey, oneTimeKeyToJson } from "../protocol/one-time-key.ts";
import { ROUTES } from "../protocol/routes.ts";
import { makePool } from "./channel/pool.ts";
import { recoverIfRestored } from "./restored.ts";
import { callWithNonce, type Session } from "./session.ts";
import { getJson, putJson } from "./vault/json-entry.ts";

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
 * Asks how the mailbox stands and replaces the pool when it is a day old or low, or when the vault was restored.
 * Called after draining: what was founded on the old keys has then been opened.
 */
export async function tendPool(session: Session): Promise<void> {
  const { restored, status } = await recoverIfRestored(session);
  const made = getJson<number>(session.vault, POOL_MADE) ?? 0;
  const low = status.oneTimeKeys < POOL_LOW || !status.lastResortKey;
  if (restored || low || made + DAY <= session.platform.now()) await replacePool(session);
}
