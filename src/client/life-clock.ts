/**
 * The clock by which keys and channels end. It never runs back: a device whose time is set back, by whoever holds
 * it or by a network that lies, must not give a key a second life. It adds up the steps that the platform's clock
 * makes forward and passes over those backward. Vault entry `device/clock`, JSON.
 *
 * Times that others compare (signatures, a key's `expires`, a message's `sent at`) are the platform's own.
 */
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const CLOCK = "device/clock";

interface Kept {
  readonly life: number;
  readonly platform: number;
}

export class LifeClock {
  readonly #platformNow: () => number;
  #life: number;
  #platform: number;

  constructor(reader: VaultReader, platformNow: () => number) {
    this.#platformNow = platformNow;
    const now = platformNow();
    const kept = getJson<Kept>(reader, CLOCK) ?? { life: now, platform: now };
    this.#life = kept.life;
    this.#platform = kept.platform;
  }

  /** Ms since 1970, or more if the platform's clock was ever set back. */
  now(): number {
    const platform = this.#platformNow();
    this.#life += Math.max(0, platform - this.#platform);
    this.#platform = platform;
    return this.#life;
  }

  /** What is not kept is forgotten at the end of the process: for now and then. */
  keep(draft: VaultDraft): void {
    putJson(draft, CLOCK, { life: this.now(), platform: this.#platform } satisfies Kept);
  }
}
