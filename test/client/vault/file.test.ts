import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { randomBytes } from "@noble/ciphers/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileVault } from "../../../src/client/vault/file.ts";
import { VaultInUseError, VaultUnreadableError } from "../../../src/client/vault/vault.ts";
import { describeLastingVault } from "./conformance.ts";
import {
  boundaries,
  directory,
  entriesOf,
  filePlace,
  inOwnFolder,
  key,
  newPath,
  octets,
  threeRecords,
} from "./file-stage.ts";

inOwnFolder();

describeLastingVault("a file vault", filePlace);

describe("a file vault on disk", () => {
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
