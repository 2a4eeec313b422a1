import { describe, expect, it } from "vitest";
import type { Content } from "../../src/client/channel/content.ts";
import {
  addErrand,
  dueErrands,
  ERRAND_RETRY,
  nextErrand,
  noteErrandSealed,
  postponeErrand,
  reopenErrand,
} from "../../src/client/errands.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { MAX_TTL_SECONDS } from "../../src/protocol/limits.ts";

const START = Date.UTC(2026, 0, 5, 12);

const receipt = (octet: number): Content => ({
  kind: "receipt",
  what: "read",
  ids: [new Uint8Array(16).fill(octet)],
});

/** Errands as [to, due]; each carries its own number. */
async function waiting(...errands: [to: string, due: number][]) {
  const vault = new MemoryVault();
  await vault.transaction((draft) => {
    for (const [i, [to, due]] of errands.entries()) addErrand(draft, to, receipt(i), due);
  });
  const due = (now: number) =>
    dueErrands(vault, now).map(([, { content }]) => content.kind === "receipt" && content.ids[0]?.[0]);
  return { vault, due };
}

describe("errands", () => {
  it("are due when their time has come, oldest first", async () => {
    const { vault, due } = await waiting(["ann", START + 20], ["bo", START + 10]);
    expect(nextErrand(vault)).toBe(START + 10);
    expect([START, START + 10, START + 20].map(due)).toEqual([[], [1], [0, 1]]);
  });

  it("to one recipient stay in order: none is due, or the next, before those in front of it", async () => {
    const { vault, due } = await waiting(["ann", START + 20], ["ann", START], ["bo", START + 15]);
    expect(nextErrand(vault)).toBe(START + 15);
    expect([START, START + 15, START + 20].map(due)).toEqual([[], [2], [0, 1, 2]]);
  });

  it("that failed are due later, and those behind them with them", async () => {
    const { vault, due } = await waiting(["ann", START], ["ann", START]);
    const [[first = ""] = []] = dueErrands(vault, START);
    await vault.transaction((draft) => postponeErrand(draft, first, START));
    expect([due(START), nextErrand(vault)]).toEqual([[], START + ERRAND_RETRY]);
    expect(due(START + ERRAND_RETRY)).toEqual([0, 1]);
  });

  it("are given up a week after they were due", async () => {
    const { vault, due } = await waiting(["ann", START]);
    const [[first = ""] = []] = dueErrands(vault, START);
    const late = START + MAX_TTL_SECONDS * 1000 - 1;
    await vault.transaction((draft) => postponeErrand(draft, first, late));
    expect([due(late + ERRAND_RETRY), nextErrand(vault)]).toEqual([[], undefined]);
  });

  it("in an envelope are neither due nor in anybody's way, until it was refused", async () => {
    const { vault, due } = await waiting(["ann", START], ["ann", START]);
    const [[first = ""] = []] = dueErrands(vault, START);
    await vault.transaction((draft) => noteErrandSealed(draft, first, START));
    expect(due(START)).toEqual([1]);
    await vault.transaction((draft) => reopenErrand(draft, first));
    expect(due(START)).toEqual([1]);
    expect(due(START + ERRAND_RETRY)).toEqual([0, 1]);
  });

  it("that are refused again and again are sealed ever more seldom, and given up after a week", async () => {
    const { vault } = await waiting(["ann", START]);
    const [[name = ""] = []] = dueErrands(vault, START);
    const waits: number[] = [];
    for (let due = nextErrand(vault); due !== undefined; ) {
      const now = due;
      await vault.transaction((draft) => {
        noteErrandSealed(draft, name, now);
        reopenErrand(draft, name);
      });
      due = nextErrand(vault);
      if (due !== undefined) waits.push((due - now) / ERRAND_RETRY);
    }
    expect(waits.slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 144]);
    expect(waits.length).toBeLessThan(20);
    expect(vault.list("errand/")).toEqual([]);
  });
});
