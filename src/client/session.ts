/** What the parts of a device share: who it is, where it keeps things, and how it reaches its relay. */
import { currentConsent } from "./consent-record.ts";
import { type Identity, takeNonce } from "./identity.ts";
import { LifeClock } from "./life-clock.ts";
import { NewsDesk } from "./news.ts";
import { RelayProblem } from "./relay-problem.ts";
import { claimVault } from "./restored.ts";
import { callSigned, type Platform } from "./transport.ts";
import { Turns } from "./vault/turns.ts";
import type { Vault } from "./vault/vault.ts";

type SignedCall = Parameters<typeof callSigned>[2];

export interface Session {
  readonly identity: Identity;
  readonly vault: Vault;
  readonly platform: Platform;
  readonly news: NewsDesk;
  readonly life: LifeClock;
  /**
   * Runs `use` with the next nonce, and nothing else that takes one meanwhile: two requests on the way at once
   * could arrive in the wrong order, and the later number would shut the earlier one out.
   */
  withNonce<T>(use: (nonce: number) => Promise<T>): Promise<T>;
  /**
   * Before anything is sealed: makes sure that the vault is no old copy, unless that was done just now.
   *
   * @throws RelayUnreachableError, RelayProblem when the relay can't say
   */
  ensureCurrent(): Promise<void>;
}

/**
 * How long a claim counts. A copy of the vault that is made within it, and restored after the original has only
 * sent, is not known as old; asking before every text would close that, and cost each text a request. A minute is
 * a burst of texts.
 */
const CLAIM_COUNTS = 60 * 1000;

export function createSession(identity: Identity, vault: Vault, platform: Platform): Session {
  const life = new LifeClock(vault, () => platform.now());
  const place = { identity, vault, platform, life, news: new NewsDesk() };
  let claimed = Number.NEGATIVE_INFINITY;
  const turns = new Turns();

  const check = async () => {
    // Without a consent there is no mailbox to ask, and nothing sealed that could be sealed again.
    if (platform.now() - claimed < CLAIM_COUNTS || currentConsent(vault) === undefined) return;
    try {
      await claimVault(place);
      claimed = platform.now();
    } catch (error) {
      // It ended at the relay: what is asked for next will say so, or is a new consent.
      if (!(error instanceof RelayProblem) || error.code !== "no-consent") throw error;
    }
  };
  return {
    ...place,
    ensureCurrent: () => turns.run(check),
    withNonce: (use) =>
      turns.run(async () => {
        await check();
        return use(await vault.transaction(takeNonce));
      }),
  };
}

/** A signed call that changes state at the relay. Safe to repeat: each try takes a nonce of its own. */
export function callWithNonce<Answer>(session: Session, call: SignedCall): Promise<Answer> {
  return session.withNonce((nonce) => callSigned<Answer>(session.platform, session.identity, call, nonce));
}
