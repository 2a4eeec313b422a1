import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

for (const records of [env.RECORDS, env.RECORDS_EU]) await applyD1Migrations(records, env.MIGRATIONS);
