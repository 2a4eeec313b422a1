import { MemoryVault } from "../../../src/client/vault/memory.ts";
import { describeVault } from "./conformance.ts";

describeVault("a memory vault", () => ({ open: async () => new MemoryVault() }));
