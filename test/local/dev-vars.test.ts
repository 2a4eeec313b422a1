import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ensureDevVars } from "../../src/local/dev-vars.ts";

const ALL = ["ROOT_SECRET", "DIRECTORY_KEYS", "INTRODUCTION_KEYS"];
let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "restante-dev-vars-"));
  path = join(folder, ".dev.vars");
});
afterEach(() => rm(folder, { recursive: true }));

it("makes every secret once, for its owner's eyes only", async () => {
  expect(await ensureDevVars(path)).toEqual(ALL);
  const text = await readFile(path, "utf8");
  for (const name of ALL) expect(text).toMatch(new RegExp(`^${name}="1:[A-Za-z0-9_-]{43}"$`, "m"));
  expect(new Set(text.match(/1:[^"]+/g))).toHaveProperty("size", 3);
  expect((await stat(path)).mode & 0o077).toBe(0);
  expect(await ensureDevVars(path)).toEqual([]);
  expect(await readFile(path, "utf8")).toBe(text);
});

it("adds what an older file lacks, and leaves what it has", async () => {
  const before = `# mine\nROOT_SECRET="1:${"A".repeat(43)}"`;
  await writeFile(path, before, { mode: 0o600 });
  expect(await ensureDevVars(path)).toEqual(["DIRECTORY_KEYS", "INTRODUCTION_KEYS"]);
  const text = await readFile(path, "utf8");
  expect(text.startsWith(`${before}\nDIRECTORY_KEYS="1:`)).toBe(true);
  expect(await ensureDevVars(path)).toEqual([]);
});
