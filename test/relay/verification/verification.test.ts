import { describe, expect, it } from "vitest";
import {
  abandoned,
  approved,
  attempt,
  begin,
  gone,
  nextEnd,
  sent,
  unended,
  type Verification,
} from "../../../src/relay/verification/verification.ts";

const MINUTE = 60_000;
const START = 1_790_000_000_000;

/** One number's verifications, its clock moved by hand. */
class Story {
  list: readonly Verification[] = [];
  now = START;
  #ids = 0;

  after(ms: number): this {
    this.now += ms;
    return this;
  }

  begin(address: string) {
    this.#ids += 1;
    return this.#keep(begin(this.list, { id: `id ${this.#ids}`, address, now: this.now }));
  }

  sent(address: string, id: string, code: Verification["code"]) {
    return this.#keep(sent(this.list, { id, address, code, now: this.now }));
  }

  /** Asked for and handed over. */
  send(address: string, hash: string): string {
    const begun = this.begin(address);
    if (begun.outcome !== "begun") throw new Error(begun.outcome);
    this.sent(address, begun.id, { hash });
    return begun.id;
  }

  attempt(address: string, id: string, hash: string) {
    return this.#keep(attempt(this.list, { id, address, hash, now: this.now }));
  }

  approved(address: string, id: string, hash: string) {
    return this.#keep(approved(this.list, { id, address, hash, now: this.now }));
  }

  abandoned(address: string) {
    this.list = abandoned(this.list, { address, now: this.now });
  }

  #keep<Answer>({ list, answer }: { list: readonly Verification[]; answer: Answer }): Answer {
    this.list = list;
    return answer;
  }
}

describe("another code", () => {
  it("may be asked for after 1, 2, 5 and then every 10 minutes, in the same verification", () => {
    const story = new Story();
    const first = story.send("a", "1");
    for (const minutes of [1, 2, 5]) {
      const due = story.now + minutes * MINUTE;
      story.after(minutes * MINUTE - 1);
      expect(story.begin("a")).toEqual({ outcome: "too-soon", retryAt: due });
      expect(story.after(1).send("a", "next")).toBe(first);
    }
    story.after(10 * MINUTE - 1);
    expect(story.begin("a")).toMatchObject({ outcome: "too-soon" });
    expect(story.after(1).send("a", "next")).not.toBe(first);
  });

  it("replaces the one before it, with five new attempts", () => {
    const story = new Story();
    const id = story.send("a", "old");
    for (let i = 0; i < 4; i++) expect(story.attempt("a", id, "x").outcome).toBe("wrong");
    story.after(MINUTE).send("a", "new");
    for (let i = 0; i < 4; i++) expect(story.attempt("a", id, "old").outcome).toBe("wrong");
    expect(story.attempt("a", id, "new").outcome).toBe("right");
  });

  it("is not asked for while one is on its way, but is when that got lost", () => {
    const story = new Story();
    expect(story.begin("a").outcome).toBe("begun");
    expect(story.begin("a")).toEqual({ outcome: "too-soon", retryAt: START + 30_000 });
    expect(story.after(30_000).begin("a").outcome).toBe("begun");
  });

  it("that was not sent after all leaves everything as it was, also for the others", () => {
    const story = new Story();
    story.begin("b");
    const id = story.send("a", "1");
    story.after(MINUTE / 4);
    const before = story.list;
    story.after(MINUTE).begin("a");
    story.abandoned("a");
    expect(story.list).toEqual(before.filter(({ address }) => address === "a"));
    story.begin("c");
    story.begin("d");
    story.abandoned("c");
    expect(story.list.map(({ address }) => address)).toEqual(["a", "d"]);
    expect(story.attempt("a", id, "1").outcome).toBe("right");
  });
});

describe("a code", () => {
  it("is tried five times and then gone", () => {
    const story = new Story();
    const id = story.send("a", "1");
    for (let i = 0; i < 5; i++) expect(story.attempt("a", id, "x").outcome).toBe("wrong");
    expect(story.attempt("a", id, "1").outcome).toBe("none");
  });

  it("lives ten minutes to the millisecond", () => {
    const story = new Story();
    const id = story.send("a", "1");
    story.after(10 * MINUTE - 1);
    expect(story.attempt("a", id, "x").outcome).toBe("wrong");
    story.after(1);
    expect(story.attempt("a", id, "1").outcome).toBe("none");
    expect(story.list).toEqual([]);
  });

  it("is its device's and its verification's alone", () => {
    const story = new Story();
    const [a, b] = [story.send("a", "1"), story.send("b", "1")];
    for (const [address, id] of [
      ["a", b],
      ["b", a],
      ["c", a],
      ["a", ""],
    ] as const)
      expect(story.attempt(address, id, "1").outcome).toBe("none");
    expect(story.attempt("b", b, "1").outcome).toBe("right");
    expect(story.attempt("a", a, "1").outcome).toBe("right");
  });

  it("that was right is right again until the end, and nothing else is", () => {
    const story = new Story();
    const id = story.send("a", "1");
    story.after(MINUTE);
    expect(story.attempt("a", id, "1")).toEqual({ outcome: "right", verifiedAt: START + MINUTE });
    story.after(MINUTE);
    for (let i = 0; i < 9; i++) expect(story.attempt("a", id, "2").outcome).toBe("none");
    expect(story.attempt("a", id, "1")).toEqual({ outcome: "right", verifiedAt: START + MINUTE });
    story.after(8 * MINUTE);
    expect(story.attempt("a", id, "1").outcome).toBe("none");
  });

  it("that was right is used up by the next: a new verification, and the old mark goes", () => {
    const story = new Story();
    const id = story.send("a", "1");
    story.attempt("a", id, "1");
    const next = story.after(MINUTE).send("a", "2");
    expect(next).not.toBe(id);
    expect(story.attempt("a", id, "1").outcome).toBe("none");
    expect(story.attempt("a", next, "2").outcome).toBe("right");
  });

  it("that the sender failed to send leaves none, and the wait", () => {
    const story = new Story();
    const id = story.send("a", "1");
    story.after(MINUTE).begin("a");
    story.sent("a", id, null);
    expect(story.attempt("a", id, "1").outcome).toBe("none");
    expect(story.begin("a")).toEqual({ outcome: "too-soon", retryAt: START + 3 * MINUTE });
  });
});

describe("a code that the sender made", () => {
  const asked = () => {
    const story = new Story();
    const begun = story.begin("a");
    if (begun.outcome !== "begun") throw new Error(begun.outcome);
    story.sent("a", begun.id, { reference: "VE1" });
    return { story, id: begun.id };
  };

  it("is asked about five times, each counted before the answer is in", () => {
    const { story, id } = asked();
    for (let i = 0; i < 5; i++)
      expect(story.attempt("a", id, "x")).toEqual({ outcome: "ask", reference: "VE1" });
    expect(story.attempt("a", id, "x").outcome).toBe("none");
  });

  it("once approved is answered without asking", () => {
    const { story, id } = asked();
    story.attempt("a", id, "1");
    expect(story.approved("a", id, "1")).toEqual({ outcome: "right", verifiedAt: START });
    expect(story.after(1).approved("a", id, "1")).toEqual({ outcome: "right", verifiedAt: START });
    expect(story.attempt("a", id, "1")).toEqual({ outcome: "right", verifiedAt: START });
    expect(story.attempt("a", id, "2").outcome).toBe("none");
  });

  it("that is gone there is gone here, unless it was right before", () => {
    const { story, id } = asked();
    story.list = gone(story.list, { id, address: "a", now: story.now });
    expect(story.attempt("a", id, "1").outcome).toBe("none");
    const other = asked();
    other.story.approved("a", other.id, "1");
    other.story.list = gone(other.story.list, { id: other.id, address: "a", now: other.story.now });
    expect(other.story.attempt("a", other.id, "1").outcome).toBe("right");
  });

  it("that comes too late to be approved is not", () => {
    const { story, id } = asked();
    story.after(10 * MINUTE);
    expect(story.approved("a", id, "1").outcome).toBe("none");
  });
});

describe("an object", () => {
  it("holds four devices at once, and takes a fifth when the first is over", () => {
    const story = new Story();
    for (const address of ["a", "b", "c", "d"]) story.after(1000).send(address, "1");
    const first = START + 1000 + 10 * MINUTE;
    expect(story.begin("e")).toEqual({ outcome: "full", retryAt: first });
    expect(story.after(MINUTE).begin("a").outcome).toBe("begun");
    story.abandoned("a");
    story.after(first - story.now);
    expect(story.begin("e").outcome).toBe("begun");
  });

  it("knows when there is something to erase", () => {
    const story = new Story();
    expect(nextEnd(story.list)).toBeUndefined();
    story.send("a", "1");
    story.after(MINUTE).send("b", "1");
    expect(nextEnd(story.list)).toBe(START + 10 * MINUTE);
    expect(unended(story.list, START + 10 * MINUTE).map(({ address }) => address)).toEqual(["b"]);
    expect(unended(story.list, START + 11 * MINUTE)).toEqual([]);
  });
});
