declare namespace Cloudflare {
  interface Env {
    /** Only in tests: D1's migrations, read by vitest.config.ts. */
    MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}
