/** A vault whose process can die at any write, over a medium that keeps what was durable by then. */
import { applyChange, type Change } from "../../src/client/vault/change.ts";
import { type Medium, StoredVault } from "../../src/client/vault/stored-vault.ts";
import type { Life } from "./life.ts";

export type Entries = Map<string, Uint8Array>;

export function copyOf(entries: ReadonlyMap<string, Uint8Array>): Entries {
  return new Map([...entries].map(([name, value]) => [name, value.slice()]));
}

/** The project's own vault, its turns and drafts, with the medium in the test's hands. */
export class MortalVault extends StoredVault {
  /**
   * @param durable what is on the medium; changed as writes become durable
   * @param committed told of each change in the moment it is durable
   */
  constructor(durable: Entries, life: Life, committed: (change: Change) => void) {
    const medium: Medium = {
      append: (change) =>
        life.step("write", () => {
          applyChange(durable, change);
          committed(change);
        }),
      rewrite: () => life.step("checkpoint", () => undefined),
      outgrown: false,
      close: async () => undefined,
    };
    super(medium, copyOf(durable));
  }
}
