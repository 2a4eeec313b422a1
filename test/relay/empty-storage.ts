import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";

// The files of this project share a workerd: each begins as if it had one to itself.
vi.useRealTimers();
vi.restoreAllMocks();
await reset();
for (const records of [env.RECORDS, env.RECORDS_EU]) await applyD1Migrations(records, env.MIGRATIONS);
