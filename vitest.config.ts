import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, defineProject } from "vitest/config";
import { breakableMailbox } from "./test/breakable-mailbox.ts";
import { LongestFirst } from "./test/longest-first.ts";

/** A root secret for tests only: version 1, 32 zero octets. */
const TEST_ROOT_SECRET = `1:${"A".repeat(43)}`;

/** Keys for tests only: version 1, the two of RFC 9497, appendix A.1. */
const TEST_DIRECTORY_KEYS = "1:5vc_NEt5s3nxoN034H_2LjjZ9xNFzmKuOpvGCwTM2Qk";
const TEST_INTRODUCTION_KEYS = "1:XrzqXuNwI8y5_C0gGfnXc3voVZGuhlL_qe8PTTcGOw4";

/** Ends what hangs, ms. A machine that is busy otherwise is no failure: the longest test takes a quarter of it. */
const PATIENCE = 120_000;

/**
 * What puts a stand-in in the place of a module of ours, or of the platform's chance and timers: no other file may load
 * that one first, or run after it.
 */
const STAND_INS = ["test/interleavings/*.test.ts", "test/client/fallback/one-channel.test.ts"];

const PROGRAMS = ["test/scenario/start.test.ts", "test/scenario/demo.test.ts"];

/** How the platform ends what a file left waiting for an object when the next one empties the storage. */
const STORAGE_EMPTIED = "Application called deleteAllDurableObjects().";

/** Needs the mailbox in a form that no other test may be run with. */
const MUTANTS = "test/relay/mailbox/mutants.test.ts";

/** Inside workerd, with real Durable Object storage and D1. */
const inWorkerd = async () =>
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
  });

export default defineConfig(async () => ({
  test: {
    // Such a call was nobody's any more: its file had ended, and passed or failed by itself.
    onUnhandledError: ({ message }: { message: string }) => message !== STORAGE_EMPTIED,
    // All cores: vitest would leave one idle. One worker more was tried and gains nothing, for they are busy.
    maxWorkers: "100%",
    sequence: { sequencer: LongestFirst },
    projects: [
      // A workerd for each file would take longer than its tests: the files share one, and each begins with its
      // storage empty.
      defineProject({
        plugins: [await inWorkerd()],
        test: {
          name: "relay",
          include: ["test/relay/**/*.test.ts"],
          exclude: [MUTANTS],
          setupFiles: ["./test/relay/empty-storage.ts"],
          isolate: false,
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      }),
      defineProject({
        plugins: [breakableMailbox(), await inWorkerd()],
        test: {
          name: "mutants",
          include: [MUTANTS],
          setupFiles: ["./test/relay/empty-storage.ts"],
          testTimeout: PATIENCE,
        },
      }),
      // Protocol and SDK, in Node. Files share what they load: loading it for each took longer than most tests.
      defineProject({
        test: {
          name: "node",
          include: ["test/{protocol,client,cli,local,lying,faults,second,bench}/**/*.test.ts"],
          exclude: STAND_INS,
          globalSetup: ["./test/cli/build-cli.ts"],
          isolate: false,
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      }),
      defineProject({
        test: {
          name: "stand-ins",
          include: STAND_INS,
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      }),
      // Whole stories over real HTTP and WebSockets, against the built Worker with its storage on disk: a relay for
      // each file, but Miniflare loaded once.
      defineProject({
        test: {
          name: "scenario",
          include: ["test/scenario/**/*.test.ts", "test/faults/*.scenario.ts"],
          exclude: PROGRAMS,
          globalSetup: ["./test/scenario/build-worker.ts", "./test/cli/build-cli.ts"],
          isolate: false,
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      }),
      // What one starts as a whole, and how soon it is there: at the end, with nothing else beside it.
      defineProject({
        test: {
          name: "programs",
          include: PROGRAMS,
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      }),
      // In tabs of a real browser.
      defineProject({
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["./test/browser/prepare.ts"],
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      }),
    ],
  },
}));
