/** The command line's numbers, on a built relay: verified, found, written to, by SMS if need be, blocked. */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { restante } from "../cli/run-restante.ts";
import { eventually, useRelay } from "./relay.ts";

const ANN = "+4915112345678";
const BO = "+12025550143";
const NOBODY = "+4915112345679";

describe("the command line, by number", () => {
  const relay = useRelay();
  let folder = "";
  const run = (name: string, ...args: string[]) => restante(["--home", join(folder, name), ...args]);
  /** What a command that succeeds says, as objects. */
  const told = async (name: string, ...args: string[]) => {
    const { code, stdout, stderr } = await run(name, ...args, "--json");
    expect(code, stderr).toBe(0);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };
  const address = async (name: string): Promise<string> => (await told(name, "devices"))[0].address;
  const smsFile = () => join(folder, "sms");
  /** Sends with SMS behind it; the program writes down what it was given. */
  const sendOrSms = (to: string, text: string, after: string) =>
    told("ann", "send", to, text, "--sms-after", after, "--sms-command", join(folder, "sms-program"));
  const sms = () => readFile(smsFile(), "utf8").catch(() => "");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "restante-cli-"));
    await writeFile(
      join(folder, "sms-program"),
      `#!/bin/sh\nprintf '%s: ' "$RESTANTE_SMS_NUMBER" >> ${smsFile()}\ncat >> ${smsFile()}\n`,
    );
    await chmod(join(folder, "sms-program"), 0o700);
    const { hash } = await (await fetch(`${relay().origin}/v1/notice`)).json();
    for (const name of ["ann", "bo"]) {
      await told(name, "init", "--relay", relay().origin, "--no-passphrase");
      await told(name, "consent", "--purposes", "messaging,number,discovery", "--notice-hash", hash);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("verifies a number with the code that comes, and is found by it", async () => {
    for (const [name, number] of [
      ["ann", ANN],
      ["bo", BO],
    ] as const) {
      expect(await told(name, "verify", number)).toMatchObject([{ event: "code-sent", number }]);
      const wanted = new RegExp(`ends in ${number.slice(-2)}: (\\d{6})`);
      const code = () => wanted.exec(relay().lines.findLast((line) => wanted.test(line)) ?? "")?.[1];
      await eventually(() => code() !== undefined);
      expect(await told(name, "verify", "--code", code() ?? "")).toMatchObject([
        { event: "verified", number, route: { state: "listed" } },
      ]);
      expect(await told(name, "number")).toMatchObject([{ number, route: { state: "listed" } }]);
    }
  });

  it("finds who is listed, in any spelling, and says of the rest what they are", async () => {
    const found = await told("ann", "find", "(202) 555-0143", NOBODY, "Aunt Mary", "--region", "US");
    expect(found).toMatchObject([
      { spelled: "(202) 555-0143", number: BO, address: await address("bo") },
      { number: NOBODY },
      { spelled: "Aunt Mary" },
    ]);
    expect([found[1].address, found[2].number]).toEqual([undefined, undefined]);
    const shown = await run("ann", "find", BO, NOBODY);
    expect(shown.stdout).toMatch(/^\+12025550143 {2}\S+ {2}verified .*\n\+4915112345679 {2}nobody\n$/);
  });

  it("writes to a number, and refuses one that nobody is found by", async () => {
    expect(await told("ann", "send", BO, "Hello, Bo?")).toMatchObject([{ state: "held" }]);
    expect(await told("bo", "listen", "--once")).toMatchObject([{ event: "text", text: "Hello, Bo?" }]);
    expect((await told("bo", "send", ANN, "Hello, Ann.")).at(0)).toMatchObject({ state: "held" });
    expect(await told("ann", "listen", "--once")).toMatchObject([{ text: "Hello, Ann." }]);
    const { code, stderr } = await run("ann", "send", NOBODY, "Hello?");
    expect([code, stderr]).toEqual([1, expect.stringContaining("--sms-after")]);
  });

  it("sends by SMS what nobody has in time, and only that", async () => {
    const unread = await sendOrSms(BO, "The keys are under the mat.", "0s");
    expect(unread.at(-1)).toMatchObject({ state: "sms", number: BO });
    expect(await sms()).toBe(`${BO}: The keys are under the mat.`);
    const none = await sendOrSms(NOBODY, " And more.", "15s");
    expect(none.at(-1)).toMatchObject({ state: "sms", number: NOBODY });
    expect(await sms()).toBe(`${BO}: The keys are under the mat.${NOBODY}:  And more.`);
    expect(await told("bo", "listen", "--once")).toEqual([]);
  });

  it("says whose a number is only where it leads", async () => {
    const { code, stderr } = await run("ann", "find", BO, "--accept", await address("ann"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("Nothing was sent")]);
    expect(await told("ann", "find", BO, "--accept", await address("bo"))).toMatchObject([{ number: BO }]);
  });

  it("blocks, hears nothing, unblocks, and hears again", async () => {
    const ann = await address("ann");
    expect(await told("bo", "block", ann)).toMatchObject([{ blocked: ann, replaced: true }]);
    await run("ann", "send", BO, "unheard");
    expect(await told("bo", "listen", "--once")).toEqual([]);
    expect(await told("bo", "unblock", ann)).toMatchObject([{ unblocked: ann }]);
    await told("ann", "listen", "--once");
    await told("ann", "send", BO, "heard");
    expect(await told("bo", "listen", "--once")).toMatchObject([{ text: "heard" }]);
  });

  it("is found no longer", async () => {
    expect(await told("bo", "number", "unlist")).toMatchObject([{ route: { state: "unlisted" } }]);
    expect((await told("ann", "find", BO, "--fresh"))[0].address).toBeUndefined();
  });
});
