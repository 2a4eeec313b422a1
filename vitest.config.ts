import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, defineProject } from "vitest/config";

/** A root secret for tests only: version 1, 32 zero octets. */
const TEST_ROOT_SECRET = `1:${"A".repeat(43)}`;

/** A VOPRF key for tests only: version 1, the scalar 7. */
const TEST_VOPRF_KEYS = `1:Bw${"A".repeat(41)}`;

export default defineConfig(async () => ({
  test: {
    projects: [
      // Inside workerd, with real Durable Object storage and D1.
      defineProject({
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ROOT_SECRET: TEST_ROOT_SECRET,
                INTRODUCTION_KEYS: TEST_VOPRF_KEYS,
                MIGRATIONS: await readD1Migrations("./migrations"),
              },
            },
          }),
        ],
        test: {
          name: "relay",
          include: ["test/relay/**/*.test.ts"],
          setupFiles: ["./test/relay/apply-migrations.ts"],
        },
      }),
      // Protocol and SDK, in Node.
      defineProject({
        test: {
          name: "node",
          include: ["test/{protocol,client,cli,local,lying,faults,interleavings,second}/**/*.test.ts"],
        },
      }),
      // Whole stories over real HTTP and WebSockets, against the built Worker with its storage on disk.
      defineProject({
        test: {
          name: "scenario",
          include: ["test/scenario/**/*.test.ts", "test/faults/*.scenario.ts"],
          globalSetup: ["./test/scenario/build-worker.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      }),
      // In tabs of a real browser.
      defineProject({
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["./test/browser/prepare.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      }),
    ],
  },
}));
