/**
 * A vault keeps what a device must not lose and must be able to forget: its identity, channels, keys, journals.
 * Named entries of octets, changed in transactions.
 *
 * A vault has one writer. Implementations hold a lock while open and refuse to write over a state that is not
 * the one they read: two writers on one chain would seal two texts under one key.
 */

export interface VaultReader {
  get(name: string): Uint8Array | undefined;
  /** Entries whose name begins with `prefix`, by name. */
  list(prefix: string): [name: string, value: Uint8Array][];
}

export interface VaultDraft extends VaultReader {
  put(name: string, value: Uint8Array): void;
  delete(name: string): void;
}

export interface Vault extends VaultReader {
  /**
   * Runs `change` alone; no other transaction of this vault runs meanwhile. All that it put and deleted is
   * durable when the promise resolves, or none of it when `change` throws or the write fails.
   */
  transaction<T>(change: (draft: VaultDraft) => T | Promise<T>): Promise<T>;

  /**
   * After it resolves, nothing that an earlier transaction deleted can be read back from the medium with the
   * vault's key: the state is written anew under a fresh data key and the old one destroyed. Overwriting is
   * best effort on media that do not overwrite in place.
   */
  checkpoint(): Promise<void>;

  /** Ends the lock. A closed vault throws on every call. */
  close(): Promise<void>;
}

/** Another process or tab has the vault open, or wrote to it behind our back. */
export class VaultInUseError extends Error {
  override readonly name = "VaultInUseError";
}

/** The vault can't be read: a wrong key, or a damaged or foreign file. */
export class VaultUnreadableError extends Error {
  override readonly name = "VaultUnreadableError";
}
