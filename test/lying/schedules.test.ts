import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRelayError } from "../../src/client/relay-problem.ts";
import { DAY } from "../../src/protocol/limits.ts";
import { Cast, type Member } from "./cast.ts";
import type { Held } from "./mailboxes.ts";

const HOUR = DAY / 24;
const who = fc.nat(2);
const any = fc.nat();

/** What people do and what the relay does with what it has seen. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant("write"), from: who, to: who, revocable: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("read"), by: who }) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constantFrom("drop", "replay", "misplace", "flip", "cross", "reverse"),
      at: any,
      other: any,
      to: who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom("keep a copy", "restore it"), at: any }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("serve one key only"), to: who }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("wait"), hours: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("restart"), by: who }) },
);
type Step = Record<string, unknown> & { does: string };

class Schedule {
  readonly cast = new Cast();
  people: Member[] = [];
  /** Every envelope that was ever held, and whose it was. */
  readonly #seen: { of: string; held: Held }[] = [];
  readonly #copies: unknown[] = [];
  #written = 0;
  #ids = 1_000_000;

  async take(step: Step): Promise<void> {
    const { cast, people } = this;
    const person = (field: string) => people[Number(step[field])] as Member;
    switch (step.does) {
      case "write": {
        const [from, to] = [person("from"), person("to")];
        if (from === to) return;
        // A key that cannot be had, or is not right, is told to the sender; the text has then gone nowhere.
        await cast
          .write(from, to, `text number ${++this.#written} of this schedule`, {
            revocable: step.revocable === true,
          })
          .catch((error) => expect(isRelayError(error), String(error)).toBe(true));
        return this.#look();
      }
      case "read":
        await cast.read(person("by"));
        return this.#look();
      case "restart":
        return cast.restart(person("by"));
      case "wait":
        cast.relay.now += Number(step.hours) * HOUR;
        return;
      case "keep a copy":
        this.#copies.push(cast.relay.mailboxes.snapshot());
        return;
      case "restore it": {
        const copy = this.#copies[Number(step.at) % this.#copies.length];
        if (copy !== undefined) cast.relay.mailboxes.restore(copy);
        return;
      }
      case "serve one key only": {
        const key = cast.relay.mailboxes.keys(person("to").address).at(0);
        cast.relay.lies.claim = (call, honest) => (call.address === person("to").address ? key : honest());
        return;
      }
      default:
        return this.#handle(step.does, Number(step.at), Number(step.other), person("to"));
    }
  }

  /** Remembers what has come since. */
  #look(): void {
    const known = new Set(this.#seen.map(({ held }) => held.body));
    for (const { address } of this.people)
      for (const held of this.cast.relay.mailboxes.held(address))
        if (!known.has(held.body)) this.#seen.push({ of: address, held });
  }

  #handle(does: string, at: number, other: number, to: Member): void {
    const { mailboxes, now } = this.cast.relay;
    const one = this.#seen[at % this.#seen.length];
    const two = this.#seen[other % this.#seen.length];
    if (one === undefined || two === undefined) return;
    const put = (address: string, body: Uint8Array) =>
      this.#put(address, { ...one.held, body, heldUntil: now + DAY });
    if (does === "drop") mailboxes.erase(one.of, [one.held.id]);
    if (does === "replay") put(one.of, one.held.body);
    if (does === "misplace") put(to.address, one.held.body);
    if (does === "flip") put(one.of, one.held.body.with(other % 2048, at % 256));
    if (does === "cross") {
      const crossed = one.held.body.slice();
      crossed.set(two.held.body.subarray(17, 2048), 17);
      put(one.of, crossed);
    }
    if (does === "reverse") {
      const held = [...mailboxes.held(one.of)].reverse();
      mailboxes.erase(
        one.of,
        held.map(({ id }) => id),
      );
      for (const message of held) this.#put(one.of, message);
    }
  }

  #put(address: string, held: Held): void {
    this.cast.relay.mailboxes.put(address, { ...held, id: ++this.#ids });
  }
}

describe("whatever a relay does with what it sees, in any order", () => {
  it("it reads nothing, passes nothing off as another's, and has nothing handed over twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const schedule = new Schedule();
        schedule.people = await schedule.cast.acquainted(3);
        for (const one of steps) await schedule.take(one);
        for (const member of schedule.people) await schedule.cast.read(member);
        schedule.cast.expectTruth();
        // And when it has stopped lying, people reach each other again: after a day at the latest.
        schedule.cast.relay.lies = {};
        schedule.cast.relay.now += 2 * DAY;
        for (const member of schedule.people) await schedule.cast.read(member);
        const [ann, bo] = schedule.people as [Member, Member];
        await schedule.cast.write(ann, bo, "a text from after it all");
        expect(await schedule.cast.read(bo)).toContain("a text from after it all");
        schedule.cast.expectTruth();
      }),
      { numRuns: 10 },
    );
  }, 120_000);
});
