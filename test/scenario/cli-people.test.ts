import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnvironment, RESTANTE, restante, start, untilSaid } from "../cli/run-restante.ts";
import { useRelay } from "./relay.ts";

describe("the command line, among several people", () => {
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

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "restante-cli-"));
    const { hash } = await (await fetch(`${relay().origin}/v1/notice`)).json();
    const people = ["ann", "bo", "cy"];
    await Promise.all(
      people.map(async (name) => {
        await told(name, "init", "--relay", relay().origin, "--no-passphrase");
        await told(name, "consent", "--purposes", "messaging", "--notice-hash", hash);
      }),
    );
    for (const [name, other] of [
      ["ann", "bo"],
      ["ann", "cy"],
      ["bo", "ann"],
    ] as const)
      await told(name, "add", (await told(other, "card"))[0].card, other);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("makes a group, writes into it, and shows where a text came from", async () => {
    expect((await run("ann", "group", "list")).stderr).toMatch(/^No groups yet\. /);
    const [group] = await told("ann", "group", "create", "bo", "cy");
    expect(group).toEqual({ id: expect.stringMatching(/^[\w-]{22}$/), people: expect.any(Array) });
    expect(await told("ann", "group", "list")).toEqual([group]);
    const shown = (await run("ann", "group", "list")).stdout.split("\n");
    expect(shown).toEqual([`the group ${group.id}`, "  you", "  bo", "  cy", ""]);

    const [sent] = await told("ann", "send", group.id, "to both");
    expect(sent).toMatchObject({ to: group.id, state: "held" });
    expect(sent.people.map((each: { state: string }) => each.state)).toEqual(["held", "held"]);
    const plain = await run("bo", "listen", "--once");
    expect(plain.stdout.split("\n")).toEqual([
      expect.stringMatching(new RegExp(`^ann in the group ${group.id} `)),
      "  to both",
      "",
    ]);
    const [text] = await told("cy", "listen", "--once");
    expect(text).toMatchObject({ event: "text", conversation: group.id, text: "to both" });
    expect((await run("cy", "send", group.id, "from cy")).stdout).toMatch(
      new RegExp(`^Held for the group ${group.id} until `),
    );
    expect(await told("bo", "listen", "--once")).toMatchObject([{ conversation: group.id, text: "from cy" }]);
  });

  it("says what is wrong with a group in one line", async () => {
    for (const [args, code, error] of [
      [["group", "create", "bo"], 2, "usage"],
      [["group", "create", "bo", "bo"], 2, "usage"],
      [["group", "create", "bo", "nobody"], 1, "unknown-contact"],
      [["group"], 2, "usage"],
      [["group", "create"], 2, "usage"],
      [["send", "A".repeat(22), "hello"], 1, "unknown-contact"],
    ] as const) {
      const ran = await run("ann", ...args, "--json");
      expect([ran.code, ran.stdout, JSON.parse(ran.stderr).error], args.join(" ")).toEqual([code, "", error]);
    }
  });

  it("shows safety numbers, the same on both sides, and compares them", async () => {
    const [ofAnn] = await told("ann", "safety", "bo");
    const [ofBo] = await told("bo", "safety", "ann");
    expect(ofAnn).toMatchObject({ digits: expect.stringMatching(/^(\d{5} ){11}\d{5}$/), verified: false });
    expect(ofBo.digits).toBe(ofAnn.digits);
    const shown = (await run("ann", "safety", "bo")).stdout.split("\n");
    expect(shown[0]).toBe("With bo, not compared yet");
    expect(shown.slice(1, 4).map((line) => line.trim())).toEqual(
      [0, 4, 8].map((at) =>
        ofAnn.digits
          .split(" ")
          .slice(at, at + 4)
          .join(" "),
      ),
    );
    const different = await run("ann", "safety", "bo", "--scan", ofAnn.code, "--json");
    expect([different.code, JSON.parse(different.stderr).error]).toEqual([1, "safety-number-different"]);
    const other = await run("ann", "safety", "bo", "--scan", "https://relay.example", "--json");
    expect([other.code, JSON.parse(other.stderr).error]).toEqual([1, "safety-code"]);
    expect((await told("ann", "contacts")).some(({ verified }) => verified)).toBe(false);

    expect((await run("ann", "safety", "bo", "--scan", ofBo.code)).stdout).toBe("The same: bo is verified\n");
    const contacts = await told("ann", "contacts");
    expect(contacts.find(({ name }) => name === "bo")).toMatchObject({ verified: true });
    // Read aloud, and written down without spaces.
    const heard = await told("bo", "safety", "ann", "--digits", ofAnn.digits.replaceAll(" ", ""));
    expect(heard).toMatchObject([{ verified: true }]);
    const both = await run("bo", "safety", "ann", "--digits", "1", "--scan", "x", "--json");
    expect([both.code, JSON.parse(both.stderr).error]).toEqual([2, "usage"]);
  });

  it("keeps receipts off until each is turned on, and sends them before it ends", async () => {
    expect(await told("bo", "receipts")).toEqual([{ delivered: false, read: false }]);
    expect((await run("bo", "receipts", "--read", "maybe", "--json")).code).toBe(2);
    expect(await told("bo", "receipts", "--read", "on")).toEqual([{ delivered: false, read: true }]);
    expect((await run("bo", "receipts")).stdout).toMatch(/^delivered {2}off\nread {7}on: .*\n$/);
    const heldForAnn = async () => {
      const [held] = await told("ann", "held");
      return held.mailbox.find(({ table }: { table: string }) => table === "message")?.rows.length ?? 0;
    };
    await told("ann", "listen", "--once");
    await told("ann", "send", "bo", "read me");
    expect(await told("bo", "listen", "--once")).toMatchObject([{ text: "read me" }]);
    expect(await heldForAnn()).toBe(1);
    expect(await told("ann", "listen", "--once")).toEqual([]);
    await told("bo", "receipts", "--read", "off");
    await told("ann", "send", "bo", "read me as well");
    expect(await told("bo", "listen", "--once")).toMatchObject([{ text: "read me as well" }]);
    expect(await heldForAnn()).toBe(0);
  });

  it("shows on one device what its owner wrote on another", async () => {
    const { hash } = await (await fetch(`${relay().origin}/v1/notice`)).json();
    await told("tablet", "init", "--relay", relay().origin, "--no-passphrase");
    await told("tablet", "consent", "--purposes", "messaging", "--notice-hash", hash);
    const linking = start(
      process.execPath,
      [RESTANTE, "--home", join(folder, "tablet"), "link"],
      cleanEnvironment(),
    );
    await untilSaid(linking, "Waiting.");
    await told("bo", "approve", linking.said().stdout.trim(), "--yes");
    expect((await linking.ended).code).toBe(0);
    await told("bo", "send", "ann", "from the phone");
    const shown = (await run("tablet", "listen", "--once")).stdout.split("\n");
    expect(shown).toEqual([expect.stringMatching(/^You to ann /), "  from the phone", ""]);
  });
});
