import { describe, expect, it } from "vitest";
import type { Content } from "../../src/client/channel/content.ts";
import { addErrand, dueErrands, ERRAND_RETRY, nextErrand, postponeErrand } from "../../src/client/errands.ts";
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
});
