import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FileVault } from "../../src/client/vault/file.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { decodeBase64url } from "../../src/protocol/base64url.ts";
import { restanteHere } from "./run-here.ts";
import { restante } from "./run-restante.ts";

const RELAY = ["--relay", "https://relay.example"];
// Each test starts processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let made = 0;
const newHome = () => join(folder, `home-${made++}`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "restante-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function initialised(...more: string[]): Promise<string> {
  const home = newHome();
  const ran = await restante(["init", ...RELAY, "--home", home, "--no-passphrase", ...more]);
  expect(ran.code, ran.stderr).toBe(0);
  return home;
}

describe("the command line", () => {
  it("names its commands, with exit code 0", async () => {
    const { code, stdout } = await restante(["--help"]);
    expect(code).toBe(0);
    for (const name of [
      "init",
      "consent",
      "card",
      "add",
      "contacts",
      "safety",
      "group",
      "receipts",
      "send",
      "revoke",
      "listen",
      "link",
      "approve",
      "devices",
      "unlink",
      "close-lost",
      "held",
      "withdraw",
    ])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(stdout).toMatch(/^Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /m);
    for (const name of ["RESTANTE_HOME", "RESTANTE_PASSPHRASE", "NO_COLOR"])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  it("says what is wrong as a process too", async () => {
    const { code, stdout, stderr } = await restante(["sned"]);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(/^[^\n]+\n$/)]);
  });

  it.each([
    ["no command", []],
    ["an unknown command", ["sned"]],
    ["an unknown flag", ["card", "--loud"]],
    ["a missing argument", ["send", "ann"]],
    ["an argument too many", ["card", "ann"]],
    ["no relay", ["init"]],
    ["a relay without TLS", ["init", "--relay", "http://relay.example"]],
    ["a relay that is no URL", ["init", "--relay", "relay"]],
    ["a malformed jurisdiction", ["init", ...RELAY, "--jurisdiction", "EU"]],
    ["a TTL without a unit", ["send", "ann", "hello", "--ttl", "60"]],
    ["a TTL above seven days", ["send", "ann", "hello", "--ttl", "8d"]],
    ["purposes without the notice's hash", ["consent", "--purposes", "messaging"]],
    ["a hash without purposes", ["consent", "--notice-hash", "x"]],
    ["agreeing while only showing", ["consent", "--show", "--purposes", "messaging", "--notice-hash", "x"]],
    ["nobody to ask for consent", ["consent"]],
    ["nobody to ask for withdrawal", ["withdraw"]],
    ["nobody to ask for a link", ["approve", "https://relay.example/link#x"]],
    ["nobody to ask for a closing", ["close-lost", "address"]],
    ["a wait of more than a day", ["link", "--wait", "2d"]],
    ["nobody to ask for a passphrase", ["init", ...RELAY]],
  ])("says what to do about %s in one line, with exit code 2", async (_, args) => {
    const home = newHome();
    const plain = await restanteHere(["--home", home, ...args]);
    const json = await restanteHere([...args, "--home", home, "--json"]);
    expect(plain.stderr).toMatch(/^[^\n]+\n$/);
    expect([plain.code, plain.stdout]).toEqual([2, ""]);
    expect(existsSync(home)).toBe(false);
    expect([json.code, json.stdout]).toEqual([2, ""]);
    const error = JSON.parse(json.stderr);
    expect(error).toEqual({ error: "usage", message: expect.any(String) });
    expect(json.stderr.endsWith("}\n")).toBe(true);
  });

  it("names the flag that a script needs", async () => {
    const said = async (...args: string[]) => (await restanteHere(["--home", newHome(), ...args])).stderr;
    expect(await said("init", ...RELAY)).toMatch(/RESTANTE_PASSPHRASE.*--no-passphrase/);
    expect(await said("consent")).toMatch(/--purposes.*--notice-hash/);
    expect(await said("withdraw")).toMatch(/--yes/);
  });

  it.each([
    ["an address", ["unlink", "-abc"]],
    ["an address, behind a flag", ["close-lost", "--yes", "-abc"]],
    ["an id", ["revoke", "-abc"]],
    ["a text", ["send", "-abc", "-5 degrees", "--ttl", "1h"]],
  ])("takes %s that begins with a dash for what it is, not for a flag", async (_, args) => {
    const { code, stderr } = await restanteHere(["--home", newHome(), "--json", ...args]);
    expect([code, JSON.parse(stderr).error]).toEqual([1, "no-device"]);
  });

  it("says that there is no device, and how to make one, with exit code 1", async () => {
    for (const args of [
      ["card"],
      ["contacts"],
      ["send", "ann", "hi"],
      ["listen"],
      ["held"],
      ["withdraw", "--yes"],
    ]) {
      const { code, stderr } = await restanteHere(["--home", newHome(), "--json", ...args]);
      expect(code).toBe(1);
      expect(JSON.parse(stderr)).toMatchObject({
        error: "no-device",
        message: expect.stringContaining("init"),
      });
    }
  });
});

describe("init", () => {
  it("makes a device that is its owner's alone, and says so", async () => {
    const home = newHome();
    const { code, stdout, stderr } = await restante(["init", ...RELAY, "--jurisdiction", "eu", "--json"], {
      env: { RESTANTE_HOME: home, RESTANTE_PASSPHRASE: "correct horse" },
    });
    expect([code, stderr]).toEqual([0, ""]);
    const device = JSON.parse(stdout);
    expect(device).toEqual({ address: expect.any(String), relay: "https://relay.example", home });
    expect(parseAddress(device.address)?.jurisdiction).toBe("eu");
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, "vault")).mode & 0o777).toBe(0o600);
    expect(existsSync(join(home, "key"))).toBe(false);
    // The cost of a guess is the full one: 2^17.
    expect(readFileSync(join(home, "vault"))[18]).toBe(17);

    const right = await restante(["contacts", "--json"], {
      env: { RESTANTE_HOME: home, RESTANTE_PASSPHRASE: "correct horse" },
    });
    expect([right.code, right.stdout, right.stderr]).toEqual([0, "", ""]);
    const wrong = await restante(["contacts", "--json"], {
      env: { RESTANTE_HOME: home, RESTANTE_PASSPHRASE: "wrong horse" },
    });
    expect([wrong.code, JSON.parse(wrong.stderr).error]).toEqual([1, "vault-unreadable"]);
    const none = await restante(["contacts"], { env: { RESTANTE_HOME: home } });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("RESTANTE_PASSPHRASE")]);
  });

  it("leaves a device that is there alone", async () => {
    const home = await initialised();
    const before = readFileSync(join(home, "vault"));
    const { code, stderr } = await restante(["init", ...RELAY, "--home", home, "--no-passphrase"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("already")]);
    expect(readFileSync(join(home, "vault"))).toEqual(before);
  });

  it("without a passphrase keeps the key in a file, and says what that means", async () => {
    const home = newHome();
    const { stderr } = await restante(["init", ...RELAY, "--home", home, "--no-passphrase"]);
    expect(stderr).toContain("whoever can read");
    expect(statSync(join(home, "key")).mode & 0o777).toBe(0o600);
    expect((await restante(["contacts", "--home", home])).code).toBe(0);

    chmodSync(join(home, "key"), 0o640);
    const exposed = await restante(["contacts", "--home", home, "--json"]);
    expect([exposed.code, JSON.parse(exposed.stderr).error]).toEqual([1, "key-exposed"]);
  });
});

describe("a command on a device", () => {
  it("is told apart from another that has the vault", async () => {
    const home = await initialised();
    const key = decodeBase64url(readFileSync(join(home, "key"), "utf8").trim());
    if (key === undefined) throw new Error("no key");
    const vault = await FileVault.open(join(home, "vault"), { key });
    const { code, stderr } = await restante(["contacts", "--home", home, "--json"]);
    expect([code, JSON.parse(stderr).error]).toEqual([1, "vault-in-use"]);
    await vault.close();
    expect((await restante(["contacts", "--home", home])).code).toBe(0);
  });

  it("knows contacts by name and by address", async () => {
    const home = await initialised();
    const run = (...args: string[]) => restante([...args, "--home", home, "--json"]);
    const card = (address: string) => `https://relay.example/card#${address}~${"A".repeat(66)}`;
    const ann = JSON.parse(
      (await restante(["init", ...RELAY, "--home", newHome(), "--no-passphrase", "--json"])).stdout,
    );
    const bo = JSON.parse(
      (await restante(["init", ...RELAY, "--home", newHome(), "--no-passphrase", "--json"])).stdout,
    );

    const added = await run("add", card(ann.address), "Ann");
    expect(JSON.parse(added.stdout)).toEqual({ address: ann.address, relay: ann.relay, name: "Ann" });
    const taken = await run("add", card(bo.address), "Ann");
    expect([taken.code, JSON.parse(taken.stderr).error]).toEqual([1, "name-taken"]);
    await run("add", card(bo.address));
    const listed = (await run("contacts")).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual({ address: ann.address, relay: ann.relay, name: "Ann" });
    expect(listed).toContainEqual({ address: bo.address, relay: bo.relay });

    for (const bad of ["hello", `${card(ann.address)}A`, card("me")]) {
      const refused = await run("add", bad);
      expect([refused.code, JSON.parse(refused.stderr).error], bad).toEqual([1, "contact-card"]);
    }
    for (const who of ["Nobody", ann.address.toLowerCase()]) {
      const unknown = await run("send", who, "hi");
      expect([unknown.code, JSON.parse(unknown.stderr).error], who).toEqual([1, "unknown-contact"]);
    }
    for (const who of ["Ann", ann.address, bo.address]) {
      const unread = await run("send", who, "hi");
      expect([unread.code, JSON.parse(unread.stderr).error], who).toEqual([1, "no-consent"]);
    }
    const empty = await restante(["send", "Ann", "-", "--home", home], { input: "\n" });
    expect([empty.code, empty.stderr]).toEqual([2, "There is no text to send.\n"]);
  });
});
