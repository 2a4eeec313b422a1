import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { randomBytes } from "@noble/hashes/utils.js";
import type { Command } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { formatCard } from "../../src/client/card.ts";
import { formatLinkCode, newLinkSecret } from "../../src/client/linking/link-code.ts";
import type { NoticeAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { formatDeliveryToken } from "../../src/protocol/delivery-token.ts";
import { noticeHash, noticeText } from "../../src/protocol/notice.ts";
import type { CommandsRan } from "./every-command.ts";
import { cleanEnvironment, listening, restante, start } from "./run-restante.ts";

// Each test starts processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const address = () => encodeBase64url(ed25519.getPublicKey(randomBytes(32)));
const reach = () => ({
  address: address(),
  deliveryToken: formatDeliveryToken({ rootVersion: 1, epoch: randomBytes(16), mac: randomBytes(32) }),
  relay: "https://relay.example",
});
const NUMBER = "+4915112345678";

/** Every command, as somebody gives it who has agreed to nothing, and what comes of it: an error's code, or "done". */
const GIVEN: readonly { readonly args: readonly string[]; readonly outcome: string }[] = [
  { args: ["init", "--relay", "https://relay.example", "--no-passphrase"], outcome: "device-exists" },
  { args: ["consent"], outcome: "usage" },
  { args: ["add", formatCard(reach()), "Ann"], outcome: "done" },
  { args: ["add", formatCard(reach()), "Bo"], outcome: "done" },
  { args: ["contacts"], outcome: "done" },
  { args: ["safety", "Ann"], outcome: "done" },
  { args: ["group", "create", "Ann", "Bo"], outcome: "no-consent" },
  { args: ["group", "list"], outcome: "done" },
  { args: ["card"], outcome: "no-consent" },
  { args: ["send", "Ann", "hello"], outcome: "no-consent" },
  { args: ["send", NUMBER, "hello"], outcome: "no-consent" },
  { args: ["send", NUMBER, "hello", "--sms-after", "0s"], outcome: "no-consent" },
  { args: ["revoke", "x"], outcome: "unknown-id" },
  { args: ["listen"], outcome: "no-consent" },
  { args: ["listen", "--once"], outcome: "no-consent" },
  { args: ["verify", NUMBER], outcome: "no-consent" },
  { args: ["verify", "--code", "123456"], outcome: "no-consent" },
  { args: ["number", "show"], outcome: "no-consent" },
  { args: ["number", "list"], outcome: "no-consent" },
  { args: ["number", "unlist"], outcome: "no-consent" },
  { args: ["find", NUMBER], outcome: "no-consent" },
  { args: ["block", "Ann"], outcome: "no-consent" },
  { args: ["unblock", "Ann"], outcome: "done" },
  { args: ["receipts", "--delivered", "on"], outcome: "done" },
  { args: ["link"], outcome: "no-consent" },
  {
    args: ["approve", formatLinkCode({ ...reach(), secret: newLinkSecret() }), "--yes"],
    outcome: "no-consent",
  },
  { args: ["devices"], outcome: "done" },
  { args: ["unlink", address()], outcome: "linking" },
  { args: ["close-lost", address(), "--yes"], outcome: "linking" },
  { args: ["held"], outcome: "no-consent" },
  { args: ["history"], outcome: "done" },
  { args: ["withdraw", "--yes"], outcome: "no-consent" },
  { args: ["audit", "--part", devNull], outcome: "done" },
];

let folder: string;
let server: Server;
let origin: string;
let connections = 0;
let requests: IncomingMessage[] = [];
let notice: NoticeAnswer;

/** Stands where the relay would: counts who comes, and knows nothing but the notice. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "restante-cli-"));
  server = createServer((request, response) => {
    requests.push(request);
    response.setHeader("content-type", "application/json").end(JSON.stringify(notice));
  });
  server.on("connection", () => {
    connections++;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await restante(["init", "--relay", origin, "--home", folder, "--no-passphrase"]);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  requests = [];
  connections = 0;
  const text = "What you agree to.\n\u001b[2J\u202eIn full.";
  const english = noticeText("en", text);
  notice = {
    version: 3,
    hash: encodeBase64url(noticeHash(3, "Ann's relay", [english])),
    controller: "Ann's relay",
    ...{ material: true, language: "en", text },
    languages: [{ language: "en", textHash: encodeBase64url(english.hash) }],
    purposes: [
      { purpose: "messaging", description: "to get messages", jurisdictions: ["eu"] },
      { purpose: "receipts", description: "to confirm them", jurisdictions: [] },
    ],
    retention: { maxTtlSeconds: 3600, markGraceSeconds: 7200 },
    jurisdictions: ["eu"],
    numberVendors: [{ name: "Vendor", country: "NZ" }],
  };
});

const run = (...args: string[]) => restante([...args, "--home", folder]);

/** Runs commands one after the other, in a process of their own. */
async function runAll(commands: readonly (readonly string[])[]): Promise<CommandsRan> {
  const file = join(folder, "ran");
  const lines = commands.map((args) => [
    "--json",
    ...(args.includes("--home") ? [] : ["--home", folder]),
    ...args,
  ]);
  const running = start(
    process.execPath,
    [listening("every-command"), file, JSON.stringify(lines)],
    cleanEnvironment(),
  );
  running.child.stdin?.end();
  const { code, stderr } = await running.ended;
  expect(code, stderr).toBe(0);
  const told = JSON.parse(readFileSync(file, "utf8")) as CommandsRan;
  return { ...told, ran: told.ran.map((each, i) => ({ ...each, args: commands[i] ?? [] })) };
}

/** The error's code; "done" when there is none. */
function outcomeOf(said: string): string {
  return said === "" ? "done" : JSON.parse(said).error;
}

/** Each command's name, with the one that it is under. */
function commandsOf(command: Command, under = ""): string[] {
  return command.commands.flatMap((each) => {
    const name = `${under}${each.name()}`;
    return each.commands.length === 0 ? [name] : commandsOf(each, `${name} `);
  });
}

describe("before a yes", () => {
  it("no command opens a connection, asks for a name or starts a program, save those that read the notice", async () => {
    const { ran, afterwards } = await runAll(GIVEN.map(({ args }) => args));
    expect(ran.map(({ args, said }) => [args.slice(0, 2).join(" "), outcomeOf(said)])).toEqual(
      GIVEN.map(({ args, outcome }) => [args.slice(0, 2).join(" "), outcome]),
    );
    expect(ran.flatMap(({ waysOut }) => waysOut)).toEqual([]);
    expect(afterwards).toEqual([]);
    expect(connections).toBe(0);
  });

  it("which is every command that there is", () => {
    const given = GIVEN.map(({ args }) => args.join(" "));
    const missing = commandsOf(createProgram()).filter(
      (name) => !given.some((line) => `${line} `.startsWith(`${name} `)),
    );
    expect(missing).toEqual([]);
  });

  it("and would have been heard", async () => {
    const named = ["--home", join(folder, "named")];
    const { ran } = await runAll([
      ["consent", "--show", "--home", folder],
      ["init", "--relay", origin.replace("127.0.0.1", "localhost"), "--no-passphrase", ...named],
      ["consent", "--show", ...named],
    ]);
    const { port } = new URL(origin);
    expect(ran[0]?.waysOut).toEqual([`TCPCONNECTWRAP 127.0.0.1:${port}`]);
    expect(ran[1]?.waysOut).toEqual([]);
    expect(ran[2]?.waysOut[0]).toBe("GETADDRINFOREQWRAP localhost");
    expect(connections).toBeGreaterThan(1);
  });

  it("the notice is fetched without a name, and shown in full", async () => {
    const { code, stdout } = await run("consent", "--show");
    expect(code).toBe(0);
    for (const part of [
      "What you agree to.",
      "In full.",
      notice.hash,
      "Ann's relay",
      "1 hours",
      "eu",
      "Vendor (NZ)",
    ])
      expect(stdout).toContain(part);
    for (const { purpose, description } of notice.purposes)
      expect(stdout).toContain(`${purpose}: ${description}`);
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /v1/notice"]);
    const { signature, authorization, cookie } = requests[0]?.headers ?? {};
    expect([signature, authorization, cookie]).toEqual([undefined, undefined, undefined]);

    const json = await run("consent", "--show", "--json");
    expect(JSON.parse(json.stdout)).toEqual(notice);
  });

  it("a notice can't play with the terminal, and there is no colour where there is none", async () => {
    const { stdout } = await run("consent", "--show");
    for (const control of ["\u001b", "\u202e"]) expect(stdout).not.toContain(control);
    const failed = await restante(["card", "--home", folder], { env: { CI: "1" } });
    expect(failed.stderr).not.toContain("\u001b");
  });

  it("a notice that is not what its hash says is not agreed to", async () => {
    notice = { ...notice, text: "Something else." };
    const args = ["consent", "--purposes", "messaging", "--notice-hash", notice.hash, "--json"];
    const { code, stderr } = await run(...args);
    expect([code, JSON.parse(stderr).error]).toEqual([1, "relay-protocol"]);
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("another notice than the one that was read, or a purpose it does not have, is not agreed to", async () => {
    const agree = (hash: string, ...purposes: string[]) => [
      ...["consent", "--notice-hash", hash, "--purposes"],
      ...purposes,
    ];
    const { ran } = await runAll([
      agree("x", "messaging"),
      agree(notice.hash, "number"),
      agree(notice.hash, "messaging,number"),
      agree(notice.hash, "messaging", "everything"),
    ]);
    expect(ran.map(({ code, said }) => [code, outcomeOf(said)])).toEqual([
      [1, "notice-superseded"],
      ...Array(3).fill([2, "usage"]),
    ]);
    expect(requests.every(({ method }) => method === "GET")).toBe(true);
  });

  it("a device in a jurisdiction is offered what can be given there, and one that is not served nothing", async () => {
    const [there, nowhere] = [join(folder, "eu"), join(folder, "us")];
    const init = (home: string, place: string) =>
      restante([...["init", "--relay", origin, "--home", home, "--jurisdiction", place], "--no-passphrase"]);
    await init(there, "eu");
    const shown = await restante(["consent", "--show", "--home", there, "--json"]);
    expect(JSON.parse(shown.stdout).purposes).toEqual([notice.purposes[0]]);
    await init(nowhere, "us");
    const agree = ["consent", "--purposes", "messaging", "--notice-hash", notice.hash];
    const refused = await restante([...agree, "--home", nowhere, "--json"]);
    expect([refused.code, JSON.parse(refused.stderr).error]).toEqual([1, "jurisdiction-unavailable"]);
    expect(requests.every(({ method }) => method === "GET")).toBe(true);
  });

  it("a relay that is not there is said to be", async () => {
    const home = join(folder, "elsewhere");
    await restante(["init", "--relay", "http://127.0.0.1:9", "--home", home, "--no-passphrase"]);
    const { code, stderr } = await restante(["consent", "--show", "--home", home, "--json"]);
    expect([code, JSON.parse(stderr).error]).toEqual([1, "relay-unreachable"]);
  });
});
