/** What people and scripts are told about the relay's answers, each as its own process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import type { DepositAnswer } from "../../src/protocol/answers.ts";
import type { DataMapAnswer } from "../../src/protocol/data-map.ts";
import type { ProblemCode } from "../../src/protocol/problem-codes.ts";
import { PROBLEMS } from "../../src/protocol/problems.ts";
import { cleanEnvironment, RESTANTE, restante, start, untilSaid } from "./run-restante.ts";
import { StandInRelay } from "./stand-in-relay.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const relay = new StandInRelay();
let home: string;
const run = (...args: string[]) => restante(["--home", home, ...args]);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "restante-cli-"));
  await relay.start();
  await run("init", "--relay", relay.origin, "--no-passphrase");
  const agreed = await run("consent", "--purposes", "messaging", "--notice-hash", relay.notice.hash);
  expect(agreed.code, agreed.stderr).toBe(0);
  const bo = await Device.create({ relay: relay.origin, vault: new MemoryVault() });
  await bo.consent({ notice: relay.notice, purposes: ["messaging"], method: "test" });
  // As the README writes it: the flag before the command, the card and the name after.
  const added = await run("add", bo.card(), "Bo");
  expect([added.code, added.stdout], added.stderr).toEqual([0, expect.stringMatching(/^Added Bo\n/)]);
});
afterAll(async () => {
  await relay.stop();
  rmSync(home, { recursive: true });
});

describe("send", () => {
  it.each<[DepositAnswer, RegExp]>([
    [{ state: "delivered" }, /^Delivered to Bo\n {2}id {3}\S+\n$/],
    [{ state: "held", heldUntil: Date.now() + 60_000 }, /^Held for Bo until .+\n {2}id {3}\S+\n$/],
  ])("that ends $state succeeds", async (answer, block) => {
    relay.deposit = answer;
    const { code, stdout, stderr } = await run("send", "Bo", "hello");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(block);
  });

  it.each<DepositAnswer["state"]>(["expired", "undecided"])(
    "that ends %s does not pass for success",
    async (state) => {
      relay.deposit = { state };
      const plain = await run("send", "Bo", "hello", "--ttl", "0");
      expect([plain.code, plain.stderr]).toEqual([1, ""]);
      expect(plain.stdout).toMatch(new RegExp(`^${state}: [^\\n]+\\n {2}id {3}\\S+\\n$`, "i"));
      const json = await run("send", "Bo", "hello", "--ttl", "0", "--json");
      expect([json.code, JSON.parse(json.stdout).state]).toEqual([1, state]);
      expect(JSON.parse(json.stderr)).toEqual({ error: state, message: expect.any(String) });
    },
  );

  it("that is refused says why in the same block", async () => {
    relay.deposit = "mailbox-full" satisfies ProblemCode;
    const plain = await run("send", "Bo", "hello");
    expect([plain.code, plain.stderr]).toEqual([1, ""]);
    const [head, why, id, end] = plain.stdout.split("\n");
    expect([head, why]).toEqual(["Refused: Bo does not get it", `  why  ${PROBLEMS["mailbox-full"][2]}`]);
    expect([id, end]).toEqual([expect.stringMatching(/^ {2}id {3}\S+$/), ""]);
    const json = await run("send", "Bo", "hello", "--json");
    expect(Object.keys(JSON.parse(json.stdout))).toEqual(["id", "to", "state"]);
    expect(JSON.parse(json.stderr)).toEqual({ error: "mailbox-full", message: PROBLEMS["mailbox-full"][2] });
  });

  it("that waits for the relay succeeds, and says so", async () => {
    relay.deposit = { state: "delivered" };
    await run("send", "Bo", "founds the channel");
    await relay.stop();
    const { code, stdout } = await run("send", "Bo", "hello");
    await relay.start();
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Queued/)]);
  });
});

describe("listen", () => {
  it("--once says when nothing waits, to people only", async () => {
    const plain = await run("listen", "--once");
    expect([plain.code, plain.stdout, plain.stderr]).toEqual([0, "", "Nothing waits.\n"]);
    const json = await run("listen", "--once", "--json");
    expect([json.code, json.stdout, json.stderr]).toEqual([0, "", ""]);
  });

  it.each([
    ["people", []],
    ["scripts", ["--json"]],
  ])("tells %s once of a relay that is down, goes on trying, and tells when it listens", async (_, flags) => {
    await relay.stop();
    const listening = start(
      process.execPath,
      [RESTANTE, "--home", home, "listen", ...flags],
      cleanEnvironment(),
    );
    try {
      await untilSaid(listening, flags.length > 0 ? '"waiting"' : "cannot be reached");
      // Time for several more tries: the first waits are half a second, one and two at most.
      await new Promise((resolve) => setTimeout(resolve, 2500));
    } finally {
      await relay.start();
    }
    await untilSaid(listening, flags.length > 0 ? '"open"' : "Listening");
    listening.child.kill("SIGINT");
    const { code, stdout, stderr } = await listening.ended;
    expect(code).toBe(0);
    const lines = (text: string) => text.split("\n").filter(Boolean);
    if (flags.length > 0)
      expect(lines(stdout).map((line) => JSON.parse(line).state)).toEqual([
        "connecting",
        "waiting",
        "open",
        "closed",
      ]);
    else
      expect(lines(stderr)).toEqual([
        `The relay at ${relay.origin} cannot be reached. Trying again until it answers; Ctrl-C ends it.`,
        "Listening. Ctrl-C ends it.",
      ]);
  });
});

describe("held", () => {
  it("shows people three rows of a table and counts the rest; --json has all", async () => {
    const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `row-${i}` }));
    relay.held = {
      mailbox: [
        { table: "one_time_key", rows: rows(20) },
        { table: "message", rows: [] },
        { table: "mark", rows: [] },
        { table: "mailbox", rows: rows(3) },
      ],
      records: [],
    };
    const { stdout } = await run("held");
    expect(stdout).toBe(
      [
        "In the mailbox",
        "  one_time_key: 20 rows",
        "    - name: row-0",
        "    - name: row-1",
        "    - name: row-2",
        "    … and 17 more (all of them with --json)",
        "  mailbox: 3 rows",
        "    - name: row-0",
        "    - name: row-1",
        "    - name: row-2",
        "  no rows: message, mark",
        "",
        "In the consent records",
        "  nothing",
        "",
        "This relay does not say what its columns are for.",
        "",
      ].join("\n"),
    );
    expect(JSON.parse((await run("held", "--json")).stdout)).toEqual(relay.held);
  });

  it("says what each column is for, who reads it and when it goes, and what else may be stored", async () => {
    const column = (name: string, goes = "soon") => ({
      column: name,
      why: `why ${name}`,
      readers: "you",
      goes,
    });
    relay.held = { mailbox: [{ table: "message", rows: [{ id: 1 }] }], records: [] };
    relay.dataMap = {
      backupDays: 30,
      places: [
        {
          place: "mailbox",
          about: "The mailbox.",
          tables: [
            {
              table: "message",
              about: "Texts.",
              held: "all",
              columns: [column("id"), column("a"), column("b", "late\u001b[2J")],
            },
          ],
        },
        {
          place: "records",
          about: "D1.",
          tables: [{ table: "message", about: "Others.", held: "no: nobody's", columns: [column("z")] }],
        },
      ],
    };
    const { stdout } = await run("held");
    expect(stdout).toContain(
      [
        "What these columns are",
        "  message: Texts.",
        "    Read by: you",
        "    Goes:    soon",
        "    - id: why id",
        "    - a: why a",
        "    - b: why b",
        "        Goes: late\ufffd[2J",
        "",
        "What else this relay may store",
        "  message: Others.",
        "    Shown by this command: no: nobody's",
        "",
        "What has gone can be restored from the platform's backups for 30 days.",
      ].join("\n"),
    );
    expect(JSON.parse((await run("held", "--json")).stdout)).toEqual({
      ...relay.held,
      dataMap: relay.dataMap,
    });
  });

  it("shows what is held also when a relay's data map is none", async () => {
    relay.dataMap = { backupDays: 30, places: [{}] } as unknown as DataMapAnswer;
    expect((await run("held")).stdout).toContain("This relay does not say what its columns are for.");
  });
});

describe("withdraw", () => {
  it("shows the receipt that was kept when asked again, and says that it is that", async () => {
    const other = join(home, "other");
    const as = (...args: string[]) => restante(["--home", other, ...args]);
    await as("init", "--relay", relay.origin, "--no-passphrase");
    const agreed = await as("consent", "--purposes", "messaging", "--notice-hash", relay.notice.hash);
    // This relay's consent receipt is none: nobody is told that it proves anything.
    expect([agreed.code, agreed.stdout]).toEqual([0, expect.stringContaining("receipt is no proof of it")]);
    const first = await as("withdraw", "--yes");
    expect(first.stdout).toMatch(/^Withdrawn\. /);
    const again = await as("withdraw", "--yes");
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^Withdrawn before; this is the receipt that was kept\./);
    expect(again.stdout.split("\n").slice(1)).toEqual(first.stdout.split("\n").slice(1));
    expect((await as("withdraw", "--yes", "--json")).stdout).toContain('{"withdrawn":true,"receipt":');
  });
});
