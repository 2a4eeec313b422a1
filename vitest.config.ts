import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, defineProject } from "vitest/config";

/** A root secret for tests only: version 1, 32 zero octets. */
const TEST_ROOT_SECRET = `1:${"A".repeat(43)}`;

/** Keys for tests only: version 1, the two of RFC 9497, appendix A.1. */
const TEST_DIRECTORY_KEYS = "1:5vc_NEt5s3nxoN034H_2LjjZ9xNFzmKuOpvGCwTM2Qk";
const TEST_INTRODUCTION_KEYS = "1:XrzqXuNwI8y5_C0gGfnXc3voVZGuhlL_qe8PTTcGOw4";

export default defineConfig(async () => ({
  test: {
    projects: [
      // Inside workerd, with real Durable Object storage and D1.
      defineProject({
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              // The records of a jurisdiction, as a deployment binds them.
              d1Databases: { RECORDS_EU: "restante-records-eu" },
              bindings: {
                ROOT_SECRET: TEST_ROOT_SECRET,
                DIRECTORY_KEYS: TEST_DIRECTORY_KEYS,
                INTRODUCTION_KEYS: TEST_INTRODUCTION_KEYS,
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
