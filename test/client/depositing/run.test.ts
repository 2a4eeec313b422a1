import { describe, expect, it } from "vitest";
import { runLength } from "../../../src/client/depositing/run.ts";
import type { Queued } from "../../../src/client/queue.ts";
import { MAX_UNANSWERED_BYTES, MAX_UNANSWERED_DEPOSITS } from "../../../src/protocol/limits.ts";

const NOW = 1000;

const queued = (change: Partial<Queued> = {}): Queued => ({
  ...{ to: "a", envelope: "AAAA", ttlSeconds: 60, expires: NOW + 60_000, channelId: "c", position: 5 },
  ...change,
});
const founding = queued({ position: 0 });
const over = queued({ expires: NOW });

describe("a run", () => {
  it("is all that waits, in order", () => {
    expect(runLength([], NOW)).toBe(0);
    expect(runLength([queued(), queued(), queued()], NOW)).toBe(3);
  });

  it("ends with a founding: what is sealed on its channel waits for its answer", () => {
    expect(runLength([founding, queued(), queued()], NOW)).toBe(1);
    expect(runLength([queued(), queued(), founding, queued()], NOW)).toBe(3);
  });

  it("ends before what is over, which is never sent", () => {
    expect(runLength([over, queued()], NOW)).toBe(0);
    expect(runLength([queued(), over, queued()], NOW)).toBe(1);
    const now = queued({ ttlSeconds: 0, expires: NOW });
    expect(runLength([now, now], NOW)).toBe(2);
  });

  it("fits one frame with room for others, but is at least one of any size", () => {
    const largest = queued({ envelope: "A".repeat(87_384) });
    const length = runLength(
      Array.from({ length: 30 }, () => largest),
      NOW,
    );
    expect(length).toBeGreaterThan(1);
    expect(2 * length * 65_536).toBeLessThan(MAX_UNANSWERED_BYTES);
    expect(runLength([queued({ envelope: "A".repeat(MAX_UNANSWERED_BYTES) })], NOW)).toBe(1);
    const small = Array.from({ length: 300 }, () => queued());
    expect(runLength(small, NOW)).toBeLessThan(MAX_UNANSWERED_DEPOSITS / 2);
  });
});
