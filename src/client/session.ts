/** What the parts of a device share: who it is, where it keeps things, and how it reaches its relay. */
import { type Identity, takeNonce } from "./identity.ts";
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
}

export function createSession(identity: Identity, vault: Vault, platform: Platform): Session {
  let last: Promise<unknown> = Promise.resolve();
  return {
    identity,
    vault,
    platform,
    withNonce(use) {
      const run = last.then(async () => use(await vault.transaction((draft) => takeNonce(draft))));
      last = run.catch(() => undefined);
      return run;
    },
  };
}

/** A signed call that changes state at the relay. Safe to repeat: each try takes a nonce of its own. */
export function callWithNonce<Answer>(session: Session, call: SignedCall): Promise<Answer> {
  return session.withNonce((nonce) => callSigned<Answer>(session.platform, session.identity, call, nonce));
}
