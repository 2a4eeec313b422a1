import { MemoryVault } from "../../../src/client/vault/memory.ts";
import { describeVault } from "./conformance.ts";

describeVault("a memory vault", async () => new MemoryVault());
