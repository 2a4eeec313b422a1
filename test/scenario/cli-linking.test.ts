import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnvironment, type Ran, RESTANTE, type Running, start, untilSaid } from "../cli/run-restante.ts";
import { eventually, useRelay } from "./relay.ts";

describe("the command line, for a person with several devices", () => {
  const relay = useRelay();
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "restante-cli-"));
    const { hash } = await (await fetch(`${relay().origin}/v1/notice`)).json();
    for (const name of ["phone", "tablet", "bo"]) {
      await succeeds(run(name, "init", "--relay", relay().origin, "--no-passphrase"));
      await succeeds(run(name, "consent", "--purposes", "messaging", "--notice-hash", hash));
    }
    const [{ card }] = lines(await run("bo", "card", "--json"));
    await succeeds(run("phone", "add", card, "Bo"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const begin = (name: string, ...args: string[]) =>
    start(process.execPath, [RESTANTE, "--home", join(folder, name), ...args], cleanEnvironment());
  const run = (name: string, ...args: string[]) => begin(name, ...args).ended;
  const succeeds = async (running: Promise<Ran>) => {
    const ran = await running;
    expect(ran.code, ran.stderr).toBe(0);
    return ran;
  };
  const lines = ({ stdout }: { stdout: string }) =>
    stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  /** The link code that a running `restante link` shows. */
  const codeOf = async (linking: Running) => {
    await untilSaid(linking, "Waiting.");
    return linking.said().stdout.trim();
  };

  it("says what is wrong with a code, and links nothing by it", async () => {
    const damaged = await run("phone", "approve", "https://relay.example/link#x", "--yes");
    expect([damaged.code, damaged.stderr]).toEqual([1, "The link code is damaged. Show it again.\n"]);
    const own = begin("phone", "link");
    const code = await codeOf(own);
    own.child.kill("SIGINT");
    const stopped = await own.ended;
    expect([stopped.code, stopped.stderr.split("\n").at(-2)]).toEqual([
      1,
      expect.stringMatching(/^It is not linked yet\./),
    ]);
    const refused = await run("phone", "approve", code, "--yes", "--json");
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: "linking" });
  });

  it("gives up waiting for an answer when it is told to", async () => {
    const linking = begin("tablet", "link");
    const code = await codeOf(linking);
    linking.child.kill("SIGINT");
    await linking.ended;
    const { code: exit, stdout, stderr } = await run("phone", "approve", code, "--yes", "--wait", "1s");
    expect([exit, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/It has not answered yet\..*\n$/);
    const timed = await run("tablet", "link", "--wait", "0", "--json");
    expect([timed.code, lines(timed)[0].event]).toEqual([1, "code"]);
    expect(JSON.parse(timed.stderr)).toMatchObject({ error: "not-linked" });
  });

  // At a pseudo-terminal of util-linux's `script`, which every Linux has.
  it.runIf(process.platform === "linux")("asks before it links, and shows which device", async () => {
    const linking = begin("tablet", "link");
    const code = await codeOf(linking);
    linking.child.kill("SIGINT");
    await linking.ended;
    const command = `'${process.execPath}' '${RESTANTE}' --home '${join(folder, "phone")}' approve '${code}'`;
    const asking = start("script", ["-qe", "-c", command, "/dev/null"], cleanEnvironment());
    await untilSaid(asking, "Link it? [y/N]");
    expect(asking.said().stdout).toContain(`address  ${/#([^~]+)~/.exec(code)?.[1]}`);
    asking.child.stdin?.write("\r");
    expect((await asking.ended).stdout).toContain("Nothing was linked.");
    expect((await run("tablet", "listen", "--once")).stderr).toBe("Nothing waits.\n");
    expect(lines(await run("phone", "devices", "--json"))).toHaveLength(1);
  });

  it("links a device by the code that it shows, takes it out again and closes its mailbox", async () => {
    const linking = begin("tablet", "link");
    const code = await codeOf(linking);
    const tablet = /#([^~]+)~/.exec(code)?.[1] ?? "";
    expect(linking.said().stderr).toContain(tablet);
    const approved = await succeeds(run("phone", "approve", code, "--yes"));
    expect(approved.stderr).toContain(`address  ${tablet}`);
    expect(approved.stdout).toMatch(/^Linked /);
    const linked = await succeeds(linking.ended);
    const [, ...first] = linked.stdout.split("\n");
    expect(first).toEqual([expect.stringMatching(/^Linked\. This device belongs to \S+$/), ""]);

    const list = lines(await succeeds(run("tablet", "devices", "--json")));
    const [{ address: phone }] = list;
    expect(list).toEqual([
      { address: phone, first: true, self: false },
      { address: tablet, first: false, self: true },
    ]);
    const plain = await succeeds(run("phone", "devices"));
    expect(plain.stdout).toBe(`${phone}  first, this one\n${tablet}\n`);
    const contacts = lines(await succeeds(run("tablet", "contacts", "--json")));
    expect(contacts.map(({ name }) => name)).toEqual(["Bo"]);

    const wrong = await run("tablet", "unlink", phone);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      "Only a person's first device links and unlinks others.\n",
    ]);
    const closed = await succeeds(run("phone", "close-lost", "--yes", "--json", tablet));
    const [{ claims, receipt }] = lines(closed);
    expect(claims).toMatchObject({ erased: { messages: expect.any(Number) } });
    expect(receipt).toMatch(/^ey/);
    const again = await run("phone", "close-lost", "--yes", tablet);
    expect([again.code, again.stderr]).toEqual([
      1,
      "That device left no withdrawal behind. It can only be unlinked.\n",
    ]);
    const [unlinked] = lines(await succeeds(run("phone", "unlink", "--json", tablet)));
    expect(unlinked).toEqual({ unlinked: tablet, devices: [{ address: phone, first: true, self: true }] });
  });

  it("takes in a text that comes while it waits, and leaves it for listen", async () => {
    const linking = begin("bo", "link");
    await codeOf(linking);
    const sent = () => run("phone", "send", "Bo", "while you wait", "--json").then(lines);
    await eventually(async () => (await sent())[0]?.state === "delivered", 20_000);
    linking.child.kill("SIGINT");
    await linking.ended;
    const texts = lines(await succeeds(run("bo", "listen", "--once", "--json")));
    expect(texts.map(({ text }) => text)).toContain("while you wait");
  });
});
