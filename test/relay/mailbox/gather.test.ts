import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Gather } from "../../../src/relay/mailbox/gather.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What was committed, a list for each transaction. */
function gathering(): { gather: Gather; commits: string[][]; write: (what: string) => Promise<string> } {
  const commits: string[][] = [];
  let writing: string[] = [];
  const gather = new Gather((writes) => {
    writing = [];
    writes();
    commits.push(writing);
  });
  const write = (what: string) =>
    gather.add(() => {
      if (what === "fails") throw new Error("disk full");
      writing.push(what);
      return what;
    });
  return { gather, commits, write };
}

/** Lets other calls have their turns, which no timer is part of. */
const otherCalls = () => new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
const turnEnds = () => vi.advanceTimersToNextTimer();

describe("writes that are gathered", () => {
  it("go down at once when they are a lone call's, together", async () => {
    const { commits, write } = gathering();
    expect(await Promise.all([write("a"), write("b")])).toEqual(["a", "b"]);
    expect(commits).toEqual([["a", "b"]]);
  });

  it("go down at once, too, when the turn before took none or one", async () => {
    const { commits, write } = gathering();
    await write("a");
    turnEnds();
    await write("b");
    const alone = write("c");
    turnEnds();
    await alone;
    await write("d");
    expect(commits).toEqual([["a"], ["b"], ["c"], ["d"]]);
  });

  it("wait for the turn's end behind those that just went down", async () => {
    const { gather, commits, write } = gathering();
    await write("a");
    const crowd = [write("b")];
    await otherCalls();
    crowd.push(write("c"));
    await otherCalls();
    expect(commits).toEqual([["a"]]);
    expect(gather.isWaiting).toBe(true);
    turnEnds();
    await Promise.all(crowd);
    expect(commits).toEqual([["a"], ["b", "c"]]);
  });

  it("wait for those that come after them when the last turn took several", async () => {
    const { commits, write } = gathering();
    await write("a");
    const crowd = [write("b"), write("c")];
    turnEnds();
    await Promise.all(crowd);
    const next = [write("d")];
    await otherCalls();
    next.push(write("e"));
    expect(commits).toEqual([["a"], ["b", "c"]]);
    turnEnds();
    await Promise.all(next);
    expect(commits).toEqual([["a"], ["b", "c"], ["d", "e"]]);
  });

  it("wait for nobody again when a turn took one alone after a crowd", async () => {
    const { commits, write } = gathering();
    await write("a");
    const crowd = [write("b"), write("c")];
    turnEnds();
    await Promise.all(crowd);
    const alone = write("d");
    turnEnds();
    await alone;
    await write("e");
    expect(commits).toEqual([["a"], ["b", "c"], ["d"], ["e"]]);
  });

  it("go down at once, all that wait, when something comes that must not be before them", async () => {
    const { gather, commits, write } = gathering();
    await write("a");
    const waiting = [write("b"), write("c")];
    gather.flush();
    expect(commits).toEqual([["a"], ["b", "c"]]);
    await Promise.all(waiting);
    turnEnds();
    await write("d");
    expect(commits).toEqual([["a"], ["b", "c"], ["d"]]);
  });

  it("fail together, and hold up none that come later", async () => {
    const { commits, write } = gathering();
    const failed = await Promise.allSettled([write("a"), write("fails")]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    turnEnds();
    await write("b");
    expect(commits).toEqual([["b"]]);
  });

  it("are before what comes behind them, and that before what is written later", async () => {
    const { gather, commits, write } = gathering();
    const first = write("a");
    let seen: string[][] = [];
    const behind = gather.behind(() => {
      seen = structuredClone(commits);
    });
    const last = write("b");
    await Promise.all([first, behind, last]);
    expect(seen).toEqual([["a"]]);
    expect(commits).toEqual([["a"], ["b"]]);
  });

  it("take what comes behind them along when they fail", async () => {
    const { gather, write } = gathering();
    const work = vi.fn();
    const all = await Promise.allSettled([write("fails"), gather.behind(work), write("b")]);
    expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(work).not.toHaveBeenCalled();
  });
});
