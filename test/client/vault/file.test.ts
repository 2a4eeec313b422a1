import { spawn } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, bytesToUtf8, randomBytes } from "@noble/ciphers/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FileVault } from "../../../src/client/vault/file.ts";
import { HEADER_SIZE, openHeader, openRecord } from "../../../src/client/vault/file-format.ts";
import { VaultInUseError, VaultUnreadableError } from "../../../src/client/vault/vault.ts";
import { describeVault } from "./conformance.ts";

const octets = utf8ToBytes;
const key = randomBytes(32);
let directory: string;
let made = 0;
const newPath = () => join(directory, `vault-${made++}`);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "restante-vault-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Where each record begins, the snapshot first, and the end of the last. */
function boundaries(path: string): number[] {
  const file = new Uint8Array(readFileSync(path));
  const keys = openHeader(file, key);
  if (keys === undefined) throw new Error("not our file");
  const found = [HEADER_SIZE];
  for (let at = HEADER_SIZE; at < file.length; ) {
    const record = openRecord(keys, found.length - 1, file, at);
    if (record === undefined || record === "torn") throw new Error("not a record");
    at = record.end;
    found.push(at);
  }
  return found;
}

/** A closed vault with a = 1, then b = 2, then c = 3, a transaction each. */
async function threeRecords(): Promise<string> {
  const path = newPath();
  const vault = await FileVault.open(path, { key });
  for (const [name, value] of Object.entries({ a: "1", b: "2", c: "3" }))
    await vault.transaction((draft) => draft.put(name, octets(value)));
  await vault.close();
  return path;
}

async function entriesOf(path: string): Promise<string[]> {
  const vault = await FileVault.open(path, { key });
  const found = vault.list("").map(([name, value]) => `${name}=${bytesToUtf8(value)}`);
  await vault.close();
  return found;
}

describeVault("a file vault", () => FileVault.open(newPath(), { key }));

describe("a file vault on disk", () => {
  it("is there again after it was closed, with or without a checkpoint", async () => {
    const path = await threeRecords();
    expect(await entriesOf(path)).toEqual(["a=1", "b=2", "c=3"]);
    const vault = await FileVault.open(path, { key });
    await vault.transaction((draft) => draft.delete("b"));
    await vault.checkpoint();
    await vault.transaction((draft) => draft.put("d", octets("4")));
    await vault.close();
    expect(await entriesOf(path)).toEqual(["a=1", "c=3", "d=4"]);
  });

  it("is for its owner only, and leaves nothing else behind", async () => {
    const path = await threeRecords();
    const vault = await FileVault.open(path, { key });
    expect(statSync(`${path}.lock`).mode & 0o777).toBe(0o600);
    await vault.checkpoint();
    await vault.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const beside = readdirSync(directory).filter((name) => join(directory, name).startsWith(`${path}.`));
    expect(beside).toEqual([]);
  });

  it("shows neither names nor values", async () => {
    const path = newPath();
    const vault = await FileVault.open(path, { key });
    await vault.transaction((draft) => draft.put("a rather long name", octets("a rather long value")));
    const before = readFileSync(path);
    await vault.checkpoint();
    for (const file of [before, readFileSync(path)]) {
      expect(file.includes("rather long name")).toBe(false);
      expect(file.includes("rather long value")).toBe(false);
    }
    await vault.close();
  });

  it("writes as much as changed, not as much as there is", async () => {
    const path = newPath();
    const vault = await FileVault.open(path, { key });
    await vault.transaction((draft) => draft.put("big", new Uint8Array(500_000)));
    const before = statSync(path).size;
    await vault.transaction((draft) => draft.put("small", octets("x")));
    await vault.transaction(() => undefined);
    expect(statSync(path).size - before).toBeLessThan(150);
    await vault.close();
  });

  it("does not grow without end when nobody asks for a checkpoint", async () => {
    const path = newPath();
    const vault = await FileVault.open(path, { key });
    for (let i = 0; i < 12; i++)
      await vault.transaction((draft) => draft.put("same", new Uint8Array(400_000).fill(i)));
    expect(statSync(path).size).toBeLessThan(2_500_000);
    expect(vault.get("same")?.[0]).toBe(11);
    await vault.close();
  });

  it("opens with its passphrase, however it was typed, and with no other secret", async () => {
    const path = newPath();
    const scrypt = { logN: 4, r: 8, p: 1 };
    await (await FileVault.open(path, { passphrase: "caf\u00e9" }, { scrypt })).close();
    await (await FileVault.open(path, { passphrase: "cafe\u0301" })).close();
    await expect(FileVault.open(path, { passphrase: "cafe" })).rejects.toThrow(VaultUnreadableError);
    await expect(FileVault.open(path, { key })).rejects.toThrow(VaultUnreadableError);
    const other = await threeRecords();
    await expect(FileVault.open(other, { passphrase: "x" })).rejects.toThrow(VaultUnreadableError);
    await expect(FileVault.open(other, { key: randomBytes(32) })).rejects.toThrow(VaultUnreadableError);
    await expect(FileVault.open(newPath(), { key: randomBytes(31) })).rejects.toThrow(RangeError);
    // A failed opening leaves no lock.
    expect(await entriesOf(other)).toHaveLength(3);
  });

  it("takes the cost of scrypt from the file, within bounds", async () => {
    const path = newPath();
    await (await FileVault.open(path, { passphrase: "p" }, { scrypt: { logN: 4, r: 8, p: 1 } })).close();
    const file = readFileSync(path);
    expect([...file.subarray(17, 21)]).toEqual([1, 4, 8, 1]);
    file[18] = 40;
    writeFileSync(path, file);
    await expect(FileVault.open(path, { passphrase: "p" })).rejects.toThrow(VaultUnreadableError);
  });
});

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

describe("a damaged vault file", () => {
  const unreadable = (path: string) =>
    expect(FileVault.open(path, { key })).rejects.toThrow(VaultUnreadableError);

  it("is refused whichever octet was changed", async () => {
    const path = await threeRecords();
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const copy = newPath();
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        writeFileSync(copy, damaged);
        await unreadable(copy);
        expect(readFileSync(copy)).toEqual(damaged);
      }),
      { numRuns: 200 },
    );
  });

  it("is refused when records were reordered, repeated, removed or brought in", async () => {
    const path = await threeRecords();
    const other = await threeRecords();
    const [snapshot = 0, one = 0, two = 0, three = 0, end = 0] = boundaries(path);
    const file = readFileSync(path);
    const part = (from: number, to: number) => file.subarray(from, to);
    const foreign = readFileSync(other).subarray(two, three);
    for (const parts of [
      [part(0, one), part(two, three), part(one, two), part(three, end)],
      [part(0, two), part(one, two)],
      [part(0, one), part(two, end)],
      [part(0, snapshot), part(one, end)],
      [part(0, two), foreign, part(three, end)],
      [part(0, end), foreign],
    ]) {
      const copy = newPath();
      writeFileSync(copy, Buffer.concat(parts));
      await unreadable(copy);
    }
  });

  it("is refused when its snapshot or header is cut short, or when it is something else", async () => {
    const path = await threeRecords();
    const [snapshot = 0, one = 0] = boundaries(path);
    const file = readFileSync(path);
    for (const size of [0, 1, snapshot - 1, snapshot, one - 1]) {
      const copy = newPath();
      writeFileSync(copy, file.subarray(0, size));
      await unreadable(copy);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const copy = newPath();
        writeFileSync(copy, bytes);
        await unreadable(copy);
      }),
    );
  });
});

describe("a file vault's one writer", () => {
  it("keeps a second one out until it closes", async () => {
    const path = await threeRecords();
    const vault = await FileVault.open(path, { key });
    await expect(FileVault.open(path, { key })).rejects.toThrow(VaultInUseError);
    await vault.close();
    expect(await entriesOf(path)).toHaveLength(3);
  });

  it("refuses to write over what another program wrote", async () => {
    const path = await threeRecords();
    const backup = newPath();
    copyFileSync(path, backup);
    const vault = await FileVault.open(path, { key });
    await vault.transaction((draft) => draft.put("d", octets("4")));
    renameSync(backup, path);
    const restored = readFileSync(path);
    await expect(vault.transaction((draft) => draft.put("e", octets("5")))).rejects.toThrow(VaultInUseError);
    await expect(vault.checkpoint()).rejects.toThrow(VaultInUseError);
    expect(readFileSync(path)).toEqual(restored);
    await vault.close();

    const appended = await FileVault.open(path, { key });
    writeFileSync(path, Buffer.concat([restored, Buffer.of(0)]));
    await expect(appended.transaction((draft) => draft.put("e", octets("5")))).rejects.toThrow(
      VaultInUseError,
    );
    expect(appended.get("e")).toBeUndefined();
    await appended.close();

    rmSync(path);
    const fresh = await FileVault.open(path, { key });
    rmSync(path);
    await expect(fresh.transaction((draft) => draft.put("e", octets("5")))).rejects.toThrow(VaultInUseError);
    expect(existsSync(path)).toBe(false);
    await fresh.close();
  });
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

function headerOf(descriptor: number): Buffer {
  const header = Buffer.alloc(HEADER_SIZE, 1);
  readSync(descriptor, header, 0, HEADER_SIZE, 0);
  return header;
}

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
