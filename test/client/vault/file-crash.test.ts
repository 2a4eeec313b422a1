import { spawn } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import { bytesToHex, bytesToUtf8 } from "@noble/ciphers/utils.js";
import { describe, expect, it } from "vitest";
import { FileVault } from "../../../src/client/vault/file.ts";
import { HEADER_SIZE, openHeader, openRecord } from "../../../src/client/vault/sealed-format.ts";
import {
  boundaries,
  entriesOf,
  headerOf,
  inOwnFolder,
  key,
  newPath,
  octets,
  threeRecords,
} from "./file-stage.ts";

inOwnFolder();

describe("a file vault after a crash", () => {
  it("drops a last record that was cut short, wherever it was cut, and goes on", async () => {
    const path = await threeRecords();
    const [, , , last = 0, end = 0] = boundaries(path);
    for (let size = last; size < end; size++) {
      const copy = newPath();
      copyFileSync(path, copy);
      truncateSync(copy, size);
      const vault = await FileVault.open(copy, { key });
      expect(vault.list("").map(([name]) => name)).toEqual(["a", "b"]);
      expect(statSync(copy).size).toBe(last);
      await vault.transaction((draft) => draft.put("d", octets("4")));
      await vault.close();
      expect(await entriesOf(copy)).toEqual(["a=1", "b=2", "d=4"]);
    }
  });

  it("between writing the new file and putting it in place still has the old state, and destroys the new", async () => {
    const path = await threeRecords();
    const newer = await threeRecords();
    renameSync(newer, `${path}.new`);
    const kept = openSync(`${path}.new`, "r");
    expect(await entriesOf(path)).toEqual(["a=1", "b=2", "c=3"]);
    expect(existsSync(`${path}.new`)).toBe(false);
    expect(headerOf(kept)).toEqual(Buffer.alloc(HEADER_SIZE));
    closeSync(kept);
  });

  it("before the old file was destroyed destroys it", async () => {
    const path = await threeRecords();
    const old = await threeRecords();
    renameSync(old, `${path}.old`);
    const kept = openSync(`${path}.old`, "r");
    expect(await entriesOf(path)).toEqual(["a=1", "b=2", "c=3"]);
    expect(existsSync(`${path}.old`)).toBe(false);
    expect(headerOf(kept)).toEqual(Buffer.alloc(HEADER_SIZE));
    closeSync(kept);
  });

  it("with the second name of the vault itself left over only removes the name", async () => {
    const path = await threeRecords();
    linkSync(path, `${path}.old`);
    expect(await entriesOf(path)).toEqual(["a=1", "b=2", "c=3"]);
    expect(existsSync(`${path}.old`)).toBe(false);
  });

  it("by kill -9 at any moment has every transaction that was confirmed, and none by halves", async () => {
    for (const confirmations of [1, 6, 13, 20, 40]) {
      const path = newPath();
      const confirmed = await killAfter(confirmations, path);
      const vault = await FileVault.open(path, { key: new Uint8Array(32).fill(7) });
      const count = bytesToUtf8(vault.get("count") ?? new Uint8Array());
      expect(Number(count)).toBeGreaterThanOrEqual(confirmed);
      expect(vault.list("").map(([name]) => name)).toEqual(["count", `old/${count}`, "twin"]);
      expect(bytesToUtf8(vault.get("twin") ?? new Uint8Array())).toBe(count);
      await vault.close();
    }
  }, 30_000);
});

describe("a checkpoint", () => {
  it("leaves no key that opens what was deleted", async () => {
    const path = newPath();
    const vault = await FileVault.open(path, { key });
    await vault.transaction((draft) => {
      draft.put("secret", octets("a used key"));
      draft.put("kept", octets("still here"));
    });
    await vault.transaction((draft) => draft.delete("secret"));
    const before = new Uint8Array(readFileSync(path));
    const medium = openSync(path, "r");
    const wrapped = bytesToHex(before.subarray(HEADER_SIZE - 48, HEADER_SIZE));
    const secretAt = boundaries(path)[1] ?? 0;

    await vault.checkpoint();

    // The old file's own blocks, still reachable through the descriptor, have lost their data key.
    expect(fstatSync(medium).nlink).toBe(0);
    expect(headerOf(medium)).toEqual(Buffer.alloc(HEADER_SIZE));
    closeSync(medium);
    const after = new Uint8Array(readFileSync(path));
    expect(bytesToHex(after)).not.toContain(wrapped);
    // A copy of the old records does not open with anything that is there now.
    const keys = openHeader(after, key);
    if (keys === undefined) throw new Error("not our file");
    expect(openRecord(keys, 1, before, secretAt)).toBeUndefined();
    const snapshot = openRecord(keys, 0, after, HEADER_SIZE);
    expect(snapshot).toMatchObject({ end: after.length, change: new Map([["kept", octets("still here")]]) });
    await vault.close();
  });
});

/** Lets a child write until it has confirmed so many transactions, kills it, and tells the last one confirmed. */
async function killAfter(confirmations: number, path: string): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "write-in-a-loop.ts"), path]);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (said.split("\n").length > confirmations) child.kill("SIGKILL");
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (...ended) => resolve(ended)),
  );
  if (signal !== "SIGKILL") throw new Error(`the child ended by itself, with ${code}`);
  return Number(said.trimEnd().split("\n").at(-1));
}
