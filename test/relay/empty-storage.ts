import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";

// The files of this project share a workerd: each begins as if it had one to itself.
vi.useRealTimers();
vi.restoreAllMocks();
await reset();
await applyD1Migrations(env.RECORDS, env.MIGRATIONS);
