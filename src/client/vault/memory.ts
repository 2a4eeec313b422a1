import { type Medium, StoredVault } from "./stored-vault.ts";

/** No medium: what a transaction deleted is nowhere. */
const NOWHERE: Medium = {
  append: async () => {},
  rewrite: async () => {},
  outgrown: false,
  close: async () => {},
};

/**
 * A vault that ends with its process: for tests, and for devices that are meant to be forgotten. Durable means
 * here: as long as the object lives.
 */
export class MemoryVault extends StoredVault {
  constructor() {
    super(NOWHERE, new Map());
  }
}
