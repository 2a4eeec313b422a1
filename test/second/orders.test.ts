/** Both implementations under random orders: what is lost, late, repeated or reordered on the way, and foundings anew. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makePool as sdkPool } from "../../src/client/channel/pool.ts";
import { forgetChannels } from "../../src/client/channel/sweeping.ts";
import { type Actor, actor, claim, START, open as sdkOpen, trySeal } from "../client/channel/scene.ts";
import { seal } from "./founder.ts";
import { bodyIn, opening, type Second, sdkBodyIn, second, textTo } from "./meeting.ts";
import { makePool } from "./memory.ts";
import { HOUR, LONGEST_TTL } from "./times.ts";

type Side = "sdk" | "second";
const SDK_FIRST = ["sdk", "second", "sdk", "second"] as const;
const SECOND_FIRST = ["second", "sdk", "second", "sdk"] as const;

interface OnTheWay {
  readonly to: Side;
  readonly octets: Uint8Array;
  readonly body: string;
}

/** What each side wrote, what is on its way, and what each side was handed. */
class World {
  now = START;
  readonly ann: Actor;
  readonly sia: Second;
  readonly onTheWay: OnTheWay[] = [];
  readonly handed: string[] = [];
  readonly aside: OnTheWay[] = [];
  #count = 0;

  constructor(ann: Actor, sia: Second) {
    this.ann = ann;
    this.sia = sia;
  }

  async write(by: Side, ttlSeconds: number): Promise<void> {
    this.#count += 1;
    const body = `${by} ${this.#count}`;
    const made =
      by === "sdk" ? await this.#sdkWrites(body, ttlSeconds) : this.#secondWrites(body, ttlSeconds);
    const to = by === "sdk" ? "second" : "sdk";
    // A bare founding goes ahead of its text.
    made.forEach((octets, i) => {
      this.onTheWay.push({ to, octets, body: i === made.length - 1 ? body : "bare" });
    });
  }

  async #sdkWrites(body: string, ttlSeconds: number): Promise<Uint8Array[]> {
    const options = { now: this.now, ttlSeconds };
    const first = await trySeal(this.ann, this.sia.actor, body, options);
    const result =
      first.outcome === "key-needed"
        ? await trySeal(this.ann, this.sia.actor, body, { ...options, claimed: claim(this.sia.actor) })
        : first;
    if (result.outcome !== "sealed") throw new Error(result.outcome);
    return result.envelopes.map(({ bytes }) => bytes);
  }

  #secondWrites(body: string, ttlSeconds: number): Uint8Array[] {
    const to = this.ann.identity.address.text;
    const text = textTo(this.sia, this.ann, body);
    const options = { now: this.now, ttlSeconds };
    const first = seal(this.sia.memory, to, text, options);
    const result =
      first.outcome === "key-needed"
        ? seal(this.sia.memory, to, text, { ...options, claimed: claim(this.ann) })
        : first;
    if (result.outcome !== "sealed") throw new Error(result.outcome);
    return result.envelopes.map(({ octets }) => octets);
  }

  /** Takes one that is on its way, from anywhere in the row, and perhaps leaves a copy behind. */
  async arrive(at: number, again: boolean): Promise<void> {
    const envelope = this.onTheWay[at % this.onTheWay.length];
    if (envelope === undefined) return;
    if (!again) this.onTheWay.splice(at % this.onTheWay.length, 1);
    await this.#open(envelope);
  }

  async #open(envelope: OnTheWay): Promise<void> {
    const { to, octets, body } = envelope;
    const read =
      to === "sdk"
        ? sdkBodyIn(await sdkOpen(this.ann, octets, this.now))
        : bodyIn(opening(this.sia, octets, this.now));
    if (read === "double") {
      expect(body === "bare" || this.handed.includes(body)).toBe(true);
      return;
    }
    if (read === "unknown") {
      this.aside.push(envelope);
      return;
    }
    expect(read).toBe(body);
    if (body !== "bare") this.handed.push(body);
    for (const again of this.aside.splice(0)) await this.#open(again);
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("write" as const), by: side(), ttl: ttl() }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("arrive" as const), at: fc.nat(60), again: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const), at: fc.nat(60) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 30 }) }),
  },
);

function side() {
  return fc.constantFrom("sdk" as const, "second" as const);
}

function ttl() {
  return fc.constantFrom(LONGEST_TTL, LONGEST_TTL, 3600, 0);
}

describe("between the two implementations, whatever the order", () => {
  it("every text that arrives, behind its founding, opens exactly once, and nothing else does", async () => {
    const run = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const world = new World(await actor(12), second(START, "", 12));
      const lost: OnTheWay[] = [];
      for (const one of steps) {
        if (one.do === "write") await world.write(one.by, one.ttl);
        if (one.do === "arrive") await world.arrive(one.at, one.again);
        if (one.do === "wait") world.now += one.hours * HOUR;
        if (one.do === "lose") lost.push(...world.onTheWay.splice(one.at, 1));
      }
      const isWeekOver = world.now - START > 7 * 24 * HOUR;
      while (world.onTheWay.length > 0) await world.arrive(0, false);
      expect(new Set(world.handed).size).toBe(world.handed.length);
      // Within a week nothing ends: what did not open was lost, or its founding was.
      if (isWeekOver) return;
      for (const envelope of lost) await arriveLate(world, envelope);
      expect(world.aside).toEqual([]);
    });
    await fc.assert(run, { numRuns: 25 });
  }, 60_000);

  it("both heal at once, whoever loses its state at whatever point, if each had heard of the other", async () => {
    const run = fc.asyncProperty(fc.array(step, { maxLength: 20 }), side(), async (steps, loser) => {
      const world = new World(await actor(12), second(START, "", 12));
      await talk(world, ["sdk", "second"]);
      for (const one of steps) {
        if (one.do === "write") await world.write(one.by, one.ttl);
        if (one.do === "arrive") await world.arrive(one.at, one.again);
      }
      world.now += 1;
      world.onTheWay.length = 0;
      await loseState(world, loser);
      const order = loser === "sdk" ? SDK_FIRST : SECOND_FIRST;
      await talk(world, order);
      expect(new Set(world.handed).size).toBe(world.handed.length);
      expect(writersOf(world).slice(-4)).toEqual(order);
    });
    await fc.assert(run, { numRuns: 20 });
  }, 60_000);

  it.each([SDK_FIRST, SECOND_FIRST])(
    "a loss that looks like a first contact, %s’s, heals with the next text",
    async (...order) => {
      const [loser, other] = order;
      const world = new World(await actor(12), second(START, "", 12));
      await world.write(other, LONGEST_TTL);
      world.onTheWay.length = 0;
      await loseState(world, loser);
      await talk(world, [loser, other, ...order]);
      expect(writersOf(world)).toEqual([loser, other, ...order]);
    },
  );
});

/** One after another they write, and all arrives. */
async function talk(world: World, order: readonly Side[]): Promise<void> {
  for (const by of order) {
    await world.write(by, LONGEST_TTL);
    while (world.onTheWay.length > 0) await world.arrive(0, false);
  }
}

function writersOf({ handed }: World): (string | undefined)[] {
  return handed.map((body) => body.split(" ")[0]);
}

async function arriveLate(world: World, envelope: OnTheWay): Promise<void> {
  world.onTheWay.push(envelope);
  await world.arrive(world.onTheWay.length - 1, false);
}

async function loseState(world: World, loser: Side): Promise<void> {
  const { ann, sia } = world;
  if (loser === "sdk") {
    await ann.vault.transaction((draft) => forgetChannels(draft));
    ann.pool = await ann.vault.transaction((draft) => sdkPool(draft, ann.identity, world.now, 8));
    return;
  }
  const { memory } = sia;
  Object.assign(memory, { keys: [], outgoing: [], incoming: [], marks: [], carried: [], given: [] });
  memory.newestCreated.clear();
  sia.actor.pool = makePool(memory, world.now, 8);
}
