/** What the cases of the vault's conformance test need to know of each kind of vault. */
import type { Vault } from "../../../src/client/vault/vault.ts";

/** Where one vault is kept; nothing is there at first. */
export interface Place {
  open(): Promise<Vault>;
}

/** A place whose state outlives the vault that was open there. */
export interface LastingPlace extends Place {
  /** All that is there now. */
  copy(): Promise<Copy>;
  /** Puts back what was there once, as a backup does, or a program that cares for no lock. */
  restore(copy: Copy): Promise<void>;
}

export interface Copy {
  /** The header, then each record, then whatever else is there. */
  readonly octets: readonly Uint8Array[];
  /** The entries among the records of `other` that open with the vault's secret and any key of this copy. */
  opens(other: Copy): Promise<Entry[]>;
}

export type Entry = [name: string, value: Uint8Array | undefined];

/** A promise of the vault, put to the test in a new place. */
export interface Case<P extends Place> {
  readonly name: string;
  readonly run: (make: () => P) => Promise<void>;
}
