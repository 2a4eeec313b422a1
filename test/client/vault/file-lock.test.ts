import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../../../src/client/vault/file-lock.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "restante-lock-"));
  path = join(directory, "lock");
});
afterEach(() => rmSync(directory, { recursive: true }));

const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;

describe("a lock file", () => {
  it("is had by one at a time", async () => {
    const lock = await takeLock(path);
    expect(readFileSync(path, "utf8")).toMatch(new RegExp(`^${process.pid} [0-9]* [0-9a-f]{32}$`));
    expect(await takeLock(path)).toBeUndefined();
    await lock?.release();
    expect(readdirSync(directory)).toEqual([]);
    expect(await takeLock(path)).toBeDefined();
  });

  it("of a dead process is taken over", async () => {
    writeFileSync(path, `${deadPid()}  ${TOKEN}`);
    const lock = await takeLock(path);
    expect(lock).toBeDefined();
    expect(await takeLock(path)).toBeUndefined();
    await lock?.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("of a dead process whose pid came again is taken over", async () => {
    writeFileSync(path, `${process.pid} 1 ${TOKEN}`);
    expect(await takeLock(path)).toBeDefined();
  });

  it("of a living process, or of something else, is left alone", async () => {
    for (const holder of [`${process.ppid}  ${TOKEN}`, "1 1", "", "someone's notes"]) {
      writeFileSync(path, holder);
      expect(await takeLock(path), holder).toBeUndefined();
      expect(readFileSync(path, "utf8")).toBe(holder);
    }
  });

  it("is taken over even if an earlier taker died on the way", async () => {
    writeFileSync(path, `${deadPid()}  ${TOKEN}`);
    writeFileSync(`${path}.${TOKEN}`, `${deadPid()}  ${TOKEN.replace("0", "f")}`);
    expect(await takeLock(path)).toBeDefined();
  });

  it("is not taken over while another taker is at it", async () => {
    writeFileSync(path, `${deadPid()}  ${TOKEN}`);
    const guard = await takeLock(`${path}.${TOKEN}`);
    expect(await takeLock(path)).toBeUndefined();
    await guard?.release();
    expect(await takeLock(path)).toBeDefined();
  });

  it("goes to one of many racing takers", async () => {
    const dead = deadPid();
    for (let round = 0; round < 50; round++) {
      writeFileSync(path, `${dead}  ${TOKEN}`);
      const locks = await Promise.all(Array.from({ length: 8 }, () => takeLock(path)));
      const winners = locks.filter((lock) => lock !== undefined);
      expect(winners).toHaveLength(1);
      await winners[0]?.release();
      expect(existsSync(path)).toBe(false);
    }
  });

  it("is not removed by a holder that lost it", async () => {
    const lock = await takeLock(path);
    writeFileSync(path, `${process.ppid}  ${TOKEN}`);
    await lock?.release();
    expect(existsSync(path)).toBe(true);
  });
});
