import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToUtf8 } from "@noble/ciphers/utils.js";
import { describe, expect, it } from "vitest";
import { FileVault } from "../../../src/client/vault/file.ts";
import { VaultInUseError } from "../../../src/client/vault/vault.ts";
import { inOwnFolder, newPath } from "./file-stage.ts";

inOwnFolder();

const key = new Uint8Array(32).fill(7);

describe("a file vault between processes", () => {
  it("is out of reach while another process has it, and at hand when that one is killed", async () => {
    const path = newPath();
    const child = run("write-in-a-loop.ts", path);
    try {
      await once(child.stdout ?? child, "data");
      await expect(FileVault.open(path, { key })).rejects.toThrow(VaultInUseError);
    } finally {
      child.kill("SIGKILL");
    }
    await once(child, "close");
    const vault = await FileVault.open(path, { key });
    expect(Number(bytesToUtf8(vault.get("count") ?? new Uint8Array()))).toBeGreaterThan(0);
    await vault.close();
  });

  it("has what each of many wrote, however they meet", async () => {
    const path = newPath();
    const children = Array.from({ length: 4 }, () => run("count-together.ts", path, "12"));
    const refused = await Promise.all(children.map(outputOf));
    const vault = await FileVault.open(path, { key });
    expect(bytesToUtf8(vault.get("count") ?? new Uint8Array())).toBe("48");
    await vault.close();
    // They did meet.
    expect(refused.reduce((sum, count) => sum + Number(count), 0)).toBeGreaterThan(0);
  }, 30_000);

  it.skipIf(process.platform === "win32")(
    "takes back what it wrote when the medium is full, and goes on",
    async () => {
      const path = newPath();
      const first = await FileVault.open(path, { key });
      await first.transaction((draft) => draft.put("a", new Uint8Array(1000)));
      await first.close();
      const before = readFileSync(path);
      const script = join(import.meta.dirname, "write-too-much.ts");
      // A limit of 32 or 64 KiB, as the shell counts; its signal is ignored, so that the write fails instead.
      const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" --no-warnings "$@"`;
      const child = spawn("sh", ["-c", limited, process.execPath, script, path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      expect(JSON.parse(await outputOf(child))).toEqual({ big: "EFBIG", after: ["a"], small: "written" });
      expect(readFileSync(path).subarray(0, before.length)).toEqual(before);
      const vault = await FileVault.open(path, { key });
      expect(vault.list("").map(([name]) => name)).toEqual(["a", "small"]);
      await vault.close();
    },
  );
});

function run(script: string, ...args: string[]): ChildProcess {
  const file = join(import.meta.dirname, script);
  return spawn(process.execPath, ["--no-warnings", file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let said = "";
  child.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the process ended with ${code}`);
  return said;
}
