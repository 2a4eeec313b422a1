/** Keeps the mailbox supplied with keys that others found channels on. */
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { DAY } from "../protocol/limits.ts";
import { KEY_ID_SIZE, keyId, type OneTimeKey, oneTimeKeyToJson } from "../protocol/one-time-key.ts";
import { ROUTES } from "../protocol/routes.ts";
import { dropKeys, makePool } from "./channel/pool.ts";
import { currentConsent } from "./consent-record.ts";
import { type MailboxStatus, readPoolReplacedAnswer } from "./own-relay-answer.ts";
import { POOL_MADE, POOLS_UNANSWERED } from "./pool-record.ts";
import { tellNotice } from "./renewal.ts";
import { askAndRecover } from "./restored.ts";
import type { Session } from "./session.ts";
import { callSigned } from "./transport.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultReader } from "./vault/vault.ts";

/** One-time keys in a fresh pool: a day's first contacts of one person. Each costs its maker a few milliseconds. */
const POOL_SIZE = 20;
/** Which reaching of the limit the owner knows of: vault entry, JSON, ms since 1970. */
const CLAIM_LIMIT_TOLD = "device/claim-limit-told";
/** Below this the pool is replaced before its day is over: the next burst of contacts must find keys. */
const POOL_LOW = 5;

/**
 * Makes a new pool, keeps the private halves, and only then publishes. Repeatable after any failure. The relay
 * says which keys of the old pool nobody had claimed: their private halves are destroyed. From which pool they are
 * it says as well which of those that it never answered for did not arrive: theirs go, too.
 */
export function replacePool(session: Session): Promise<void> {
  // One pool at a time, in the order of their nonces: an older one can't arrive any more when this one has.
  return session.withNonce((nonce) => publishPool(session, nonce));
}

async function publishPool(session: Session, nonce: number): Promise<void> {
  const { vault, identity, platform, life } = session;
  const keys: OneTimeKey[] = await vault.transaction(async (draft) => {
    const pool = await makePool(draft, identity, platform.now(), POOL_SIZE, life.now());
    putJson(draft, POOLS_UNANSWERED, [...unansweredPools(draft), pool.map(idOf)]);
    return pool;
  });
  const call = {
    method: "PUT",
    path: ROUTES.oneTimeKeys,
    json: { keys: keys.map(oneTimeKeyToJson) },
  } as const;
  const { unclaimed } = readPoolReplacedAnswer(await callSigned<unknown>(platform, identity, call, nonce));
  await vault.transaction((draft) => {
    const [before, own] = [unansweredPools(draft).slice(0, -1), keys.map(idOf)];
    const gone = [...unclaimed.filter((id) => !own.includes(id)), ...poolsNeverServed(before, unclaimed)];
    dropKeys(
      draft,
      gone.flatMap((id) => decodeBase64url(id, KEY_ID_SIZE) ?? []),
    );
    draft.delete(POOLS_UNANSWERED);
    // Withdrawn meanwhile: the relay has erased the pool, and these keys open nothing any more.
    if (currentConsent(draft) === undefined)
      dropKeys(
        draft,
        keys.map(({ publicKey }) => keyId(publicKey)),
      );
    else putJson(draft, POOL_MADE, platform.now());
  });
  await vault.checkpoint();
}

/**
 * Keys of pools that were sent and not answered for, oldest first, and that never were at the relay: what it has just
 * replaced, by the keys it names, was there before them. When it names none, that can't be told.
 */
function poolsNeverServed(unanswered: readonly string[][], replaced: readonly string[]): string[] {
  const [one] = replaced;
  if (one === undefined) return [];
  return unanswered.slice(unanswered.findIndex((pool) => pool.includes(one)) + 1).flat();
}

function unansweredPools(reader: VaultReader): string[][] {
  return getJson<string[][]>(reader, POOLS_UNANSWERED) ?? [];
}

function idOf({ publicKey }: OneTimeKey): string {
  return encodeBase64url(keyId(publicKey));
}

/**
 * Asks how the mailbox stands and replaces the pool when it is a day old or low, or when the vault was restored.
 * Called after draining: what was founded on the old keys has then been opened. While the relay waits for a yes to its
 * notice it takes no keys; the consent brings them.
 *
 * @returns how the mailbox stands
 */
export async function tendPool(session: Session): Promise<MailboxStatus> {
  await session.ensureCurrent();
  const status = await askAndRecover(session);
  await tellClaimLimit(session, status);
  await tellNotice(session, status);
  const made = getJson<number>(session.vault, POOL_MADE) ?? 0;
  const low = status.oneTimeKeys < POOL_LOW || !status.lastResortKey;
  const due = low || made + DAY <= session.platform.now();
  if (due && !status.notice.suspended) await replacePool(session);
  return status;
}

/** The owner is told once that strangers, or a contact, have used up a day's keys. */
async function tellClaimLimit({ vault, news }: Session, { claims }: MailboxStatus): Promise<void> {
  const { reachedAt } = claims;
  if (reachedAt === null || getJson<number>(vault, CLAIM_LIMIT_TOLD) === reachedAt) return;
  await vault.transaction((draft) => putJson(draft, CLAIM_LIMIT_TOLD, reachedAt));
  news.tell([{ kind: "claim-limit", reachedAt }]);
}
