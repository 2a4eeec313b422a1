/** Typing a passphrase at a terminal: a pseudo-terminal of util-linux's `script`, which every Linux has. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cleanEnvironment, RESTANTE, restante, start, untilSaid } from "./run-restante.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Lets the program stand still for a moment after each prompt: whatever it does only then comes too late. */
const STALL = `data:text/javascript,${encodeURIComponent(`
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text, ...rest) => {
    const written = write(text, ...rest);
    if (text.endsWith(": ")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    return written;
  };
`)}`;

let folder: string;
let made = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "restante-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function atTerminal(...args: string[]) {
  const command = [process.execPath, "--import", STALL, RESTANTE, ...args]
    .map((part) => `'${part.replaceAll("'", "'\\''")}'`)
    .join(" ");
  return start("script", ["-qe", "-E", "always", "-c", command, "/dev/null"], cleanEnvironment());
}

describe.runIf(process.platform === "linux")("a passphrase at a terminal", () => {
  it("does not show when it is typed the moment the prompt appears, nor at the second prompt", async () => {
    const home = join(folder, `home-${made++}`);
    const init = atTerminal("init", "--relay", "https://relay.example", "--home", home);
    await untilSaid(init, "A passphrase for this device's vault: ");
    init.child.stdin?.write("correct horse\r");
    await untilSaid(init, "The same again: ");
    init.child.stdin?.write("correct horse\r");
    const { code, stdout } = await init.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining("Made a device")]);
    expect(stdout).not.toContain("horse");

    const list = atTerminal("contacts", "--home", home, "--json");
    await untilSaid(list, "Passphrase: ");
    list.child.stdin?.write("correct hoo\u007frse\r");
    const listed = await list.ended;
    expect(listed.code, listed.stdout).toBe(0);
    expect(listed.stdout).not.toContain("rse");
  });

  it("answers both prompts when both lines are typed ahead, and neither shows", async () => {
    const home = join(folder, `home-${made++}`);
    const init = atTerminal("init", "--relay", "https://relay.example", "--home", home);
    await untilSaid(init, "A passphrase for this device's vault: ");
    init.child.stdin?.write("correct horse\rcorrect horse\r");
    const { code, stdout } = await init.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining("Made a device")]);
    expect(stdout).not.toContain("horse");
    const env = { RESTANTE_HOME: home, RESTANTE_PASSPHRASE: "correct horse" };
    expect((await restante(["contacts"], { env })).code).toBe(0);
  });

  it("that differs the second time, or is broken off, makes nothing", async () => {
    for (const [typed, said, ends] of [
      ["one\rtwo\r", "not the same", 2],
      ["one\r\u0003", "Interrupted", 1],
    ] as const) {
      const home = join(folder, `home-${made++}`);
      const init = atTerminal("init", "--relay", "https://relay.example", "--home", home);
      await untilSaid(init, "A passphrase for this device's vault: ");
      init.child.stdin?.write(typed);
      const { code, stdout } = await init.ended;
      expect([code, stdout]).toEqual([ends, expect.stringContaining(said)]);
      expect((await restante(["contacts", "--home", home])).stderr).toContain("There is no device");
    }
  });
});
