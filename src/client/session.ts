/** What the parts of a device share: who it is, where it keeps things, and how it reaches its relay. */
import { currentConsent } from "./consent-record.ts";
import { type Identity, takeNonce } from "./identity.ts";
import { claimVault } from "./restored.ts";
import { callSigned, type Platform } from "./transport.ts";
import type { Vault } from "./vault/vault.ts";

type SignedCall = Parameters<typeof callSigned>[2];

export interface Session {
  readonly identity: Identity;
  readonly vault: Vault;
  readonly platform: Platform;
  /**
   * Runs `use` with the next nonce, and nothing else that takes one meanwhile: two requests on the way at once
   * could arrive in the wrong order, and the later number would shut the earlier one out.
   */
  withNonce<T>(use: (nonce: number) => Promise<T>): Promise<T>;
  /** Once a run, before anything is sealed or a nonce taken: makes sure that the vault is no old copy. */
  ensureCurrent(): Promise<void>;
}

export function createSession(identity: Identity, vault: Vault, platform: Platform): Session {
  const place = { identity, vault, platform };
  let current = false;
  let last: Promise<unknown> = Promise.resolve();

  /** Without a consent there is no mailbox to ask, and nothing sealed that could be sealed again. */
  const check = async () => {
    if (current || currentConsent(vault) === undefined) return;
    await claimVault(place);
    current = true;
  };
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const run = last.then(step);
    last = run.catch(() => undefined);
    return run;
  };
  return {
    ...place,
    ensureCurrent: () => inTurn(check),
    withNonce: (use) =>
      inTurn(async () => {
        await check();
        return use(await vault.transaction(takeNonce));
      }),
  };
}

/** A signed call that changes state at the relay. Safe to repeat: each try takes a nonce of its own. */
export function callWithNonce<Answer>(session: Session, call: SignedCall): Promise<Answer> {
  return session.withNonce((nonce) => callSigned<Answer>(session.platform, session.identity, call, nonce));
}
