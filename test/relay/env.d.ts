declare namespace Cloudflare {
  interface Env {
    /** Only in tests, as a deployment with the jurisdiction `eu` has it. */
    RECORDS_EU: D1Database;
    /** Only in tests: D1's migrations, read by vitest.config.ts. */
    MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}
