import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { NoticeAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { noticeHash, noticeText } from "../../src/protocol/notice.ts";
import { restante } from "./run-restante.ts";

// Each test starts processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

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

describe("before a yes", () => {
  it("no command opens a connection, save those that read the notice", async () => {
    for (const args of [
      ["init", "--relay", origin],
      ["consent"],
      ["consent", "--json"],
      ["card"],
      ["contacts"],
      ["add", `${origin}/card#${"A".repeat(43)}~${"A".repeat(66)}`],
      ["send", "Ann", "hello"],
      ["revoke", "x"],
      ["listen", "--once"],
      ["listen"],
      ["held"],
      ["withdraw", "--yes"],
    ])
      await run(...args);
    expect(connections).toBe(0);
    for (const args of [["card"], ["listen"], ["listen", "--once"], ["held"], ["withdraw", "--yes"]]) {
      const { code, stderr } = await run(...args, "--json");
      expect([code, JSON.parse(stderr).error], args.join(" ")).toEqual([1, "no-consent"]);
    }
    expect(connections).toBe(0);
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
    const other = await run("consent", "--purposes", "messaging", "--notice-hash", "x", "--json");
    expect([other.code, JSON.parse(other.stderr).error]).toEqual([1, "notice-superseded"]);
    for (const purposes of [["number"], ["messaging,number"], ["messaging", "everything"]]) {
      const args = ["consent", "--notice-hash", notice.hash, "--json", "--purposes", ...purposes];
      const { code, stderr } = await run(...args);
      expect([code, JSON.parse(stderr).error]).toEqual([2, "usage"]);
    }
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
