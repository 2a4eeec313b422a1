import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HeldAnswer, NoticeAnswer } from "../../src/protocol/answers.ts";
import { useRelay } from "./relay.ts";
import { runNode } from "./run-node.ts";

const RESTANTE = fileURLToPath(new URL("../../src/cli/restante.ts", import.meta.url));

describe("the command line, with a relay", () => {
  const relay = useRelay();
  let home = "";
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "restante-cli-"));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const as = (name: string) => async (args: string[]) => {
    const { code, stdout, stderr } = await runNode(RESTANTE, ["--home", join(home, name), "--json", ...args]);
    const lines = (text: string) =>
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    return { code, out: lines(stdout), errors: lines(stderr) };
  };

  it("lets two people agree, write, take back, read, look and leave", async () => {
    const ann = as("ann");
    const bo = as("bo");
    const notice = (await (await fetch(`${relay().origin}/v1/notice`)).json()) as NoticeAnswer;
    for (const person of [ann, bo]) {
      expect((await person(["init", "--relay", relay().origin, "--no-passphrase"])).code).toBe(0);
      const early = await person(["card"]);
      expect(early.code).toBe(1);
      expect(early.errors).toHaveLength(1);
      const blind = await person(["consent", "--purposes", "messaging", "--notice-hash", "A".repeat(43)]);
      expect(blind.code).not.toBe(0);
      const yes = await person(["consent", "--purposes", "messaging", "--notice-hash", notice.hash]);
      expect(yes, JSON.stringify(yes.errors)).toMatchObject({ code: 0 });
    }
    const [{ card }] = (await bo(["card"])).out as [{ card: string }];
    expect((await ann(["add", card, "Bo"])).code).toBe(0);
    expect((await ann(["send", "Bo", "Lunch at one?"])).out[0]).toMatchObject({ state: "held" });
    const [regret] = (await ann(["send", "Bo", "Forget it", "--revocable"])).out;
    expect((await ann(["revoke", regret.id])).out[0]).toMatchObject({ state: "revoked" });
    expect((await ann(["send", "Nobody", "x"])).code).toBe(1);

    const [held] = (await bo(["held"])).out as [HeldAnswer];
    expect(held.mailbox.find(({ table }) => table === "message")?.rows).toHaveLength(1);
    const read = (await bo(["listen", "--once"])).out;
    expect(read.map(({ text }) => text).filter(Boolean)).toEqual(["Lunch at one?"]);
    expect((await bo(["listen", "--once"])).out.filter(({ text }) => text)).toEqual([]);

    const left = await bo(["withdraw", "--yes"]);
    expect(left.code).toBe(0);
    expect(left.out[0]).toMatchObject({ receipt: expect.stringMatching(/^ey/) });
    expect(
      (await ann(["send", "Bo", "Still there?"])).out.concat((await ann(["contacts"])).out),
    ).toMatchObject([{ state: "refused" }, {}]);
  });
});
