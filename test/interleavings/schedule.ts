/** Random schedules: what people do, what the relay and the network do, who dies when. */
import fc from "fast-check";
import { MAX_TTL_SECONDS } from "../../src/protocol/limits.ts";
import { flush, link, read, revoke, unlink, write } from "./doing.ts";
import { copyOf, type Entries } from "./mortal-vault.ts";
import type { Phone, Trouble } from "./phone.ts";
import type { World } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Steps. */
const COPIED_EVERY = 5;

/** More than one envelope holds. */
const LONG = 130_000;

const which = fc.nat(3);
const moment = fc.record({ at: fc.integer({ min: 1, max: 12 }), after: fc.boolean() });
const trouble = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Trouble>({}) },
  { weight: 2, arbitrary: fc.record({ death: moment }) },
  { weight: 1, arbitrary: fc.record({ cut: moment }) },
);
const ttlSeconds = fc.constantFrom(60, 3600, MAX_TTL_SECONDS, MAX_TTL_SECONDS, MAX_TTL_SECONDS);

const writing = fc.record({
  does: fc.constant("write" as const),
  by: which,
  to: fc.constantFrom(0, 1, 0, 1, "all" as const),
  ttlSeconds,
  revocable: fc.constantFrom(false, false, false, true),
  long: fc.constantFrom(...Array<boolean>(11).fill(false), true),
  trouble,
});
const reading = fc.record({
  does: fc.constant("read" as const),
  by: which,
  finishes: fc.constantFrom(0, 1, 100, 100, 100),
  trouble,
});
const flushing = fc.record({ does: fc.constant("flush" as const), by: which, trouble });
const waiting = fc.record({
  does: fc.constant("wait" as const),
  milliseconds: fc.constantFrom(1000, 10_000, 10_000, 2 * MINUTE, 2 * HOUR, 25 * HOUR),
});
const linking = fc.record({ does: fc.constant("link" as const), who: which, trouble, on: trouble });
const unlinking = fc.record({ does: fc.constant("unlink" as const), who: which, trouble });
const revoking = fc.record({ does: fc.constant("revoke" as const), text: fc.nat(), trouble });
const handling = fc.record({
  does: fc.constantFrom("repeat" as const, "delay" as const, "catch up" as const, "reverse" as const),
  at: which,
  nth: fc.nat(5),
});
const dropping = fc.record({ does: fc.constant("drop" as const), at: which, nth: fc.nat(5) });
const restarting = fc.record({ does: fc.constant("restart" as const), by: which });
const restoring = fc.record({ does: fc.constant("restore a copy" as const), by: which, nth: fc.nat() });
/** Everybody reads and sends: or else few get far enough to have something to lose. */
const exchanging = fc.record({ does: fc.constant("exchange" as const), trouble, in: which });

const peaceful = [
  { weight: 10, arbitrary: writing },
  { weight: 9, arbitrary: reading },
  { weight: 3, arbitrary: flushing },
  { weight: 5, arbitrary: waiting },
  { weight: 3, arbitrary: linking },
  { weight: 1, arbitrary: unlinking },
  { weight: 1, arbitrary: revoking },
  { weight: 4, arbitrary: handling },
  { weight: 1, arbitrary: restarting },
  { weight: 3, arbitrary: exchanging },
] as const;
const lossy = [
  { weight: 2, arbitrary: dropping },
  { weight: 2, arbitrary: restoring },
] as const;

export type Alone =
  (typeof peaceful | typeof lossy)[number]["arbitrary"] extends fc.Arbitrary<infer T> ? T : never;
export type Step = Alone | { readonly does: "together"; readonly both: readonly Alone[] };

const together = fc.record({
  does: fc.constant("together" as const),
  both: fc.array(fc.oneof(writing, reading, flushing), { minLength: 2, maxLength: 3 }),
});

/** Nothing is ever lost, only late, or twice. */
export const withoutLoss: fc.Arbitrary<Step> = fc.oneof(...peaceful, { weight: 2, arbitrary: together });
export const withLoss: fc.Arbitrary<Step> = fc.oneof(...peaceful, ...lossy, {
  weight: 2,
  arbitrary: together,
});

/** Carries schedules out. */
export class Player {
  readonly #world: World;
  /** Of all devices, from time to time. */
  readonly #copies: Map<string, Entries>[] = [];
  #written = 0;
  #taken = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async take(step: Step): Promise<void> {
    if (step.does === "together") await Promise.all(step.both.map((one) => this.#take(one)));
    else await this.#take(step);
    this.#world.noteMembers();
    if (++this.#taken % COPIED_EVERY === 0)
      this.#copies.push(new Map(this.#world.phones.map(({ name, entries }) => [name, copyOf(entries)])));
  }

  async #take(step: Alone): Promise<void> {
    const world = this.#world;
    switch (step.does) {
      case "write": {
        const body = `text ${++this.#written}${step.long ? "…".padEnd(LONG, "long ") : ""}`;
        const writer = this.#writer(step.by);
        const others = world.people.length - 1;
        const to =
          step.to === "all" && world.group !== undefined
            ? step.to
            : (world.personOf(writer) + 1 + (Number(step.to) % others || 0)) % world.people.length;
        const { ttlSeconds, revocable } = step;
        return write(
          world,
          writer,
          { to, body, ttlSeconds, revocable: revocable && !step.long },
          step.trouble,
        );
      }
      case "read":
        return read(world, this.#phone(step.by), step.finishes, step.trouble);
      case "flush":
        return flush(this.#phone(step.by), step.trouble);
      case "wait":
        return world.pass(step.milliseconds);
      case "link": {
        const further = this.#further(step.who);
        if (further !== undefined) await link(world, world.personOf(further), further, step.trouble, step.on);
        return;
      }
      case "unlink": {
        const further = this.#further(step.who);
        if (further !== undefined) await unlink(world, further, step.trouble);
        return;
      }
      case "revoke": {
        const bodies = [...world.ledger.written.keys()];
        const written = world.ledger.written.get(bodies[step.text % bodies.length] ?? "");
        if (written !== undefined) await revoke(world, world.phone(written.from), written.body, step.trouble);
        return;
      }
      case "restart":
        return this.#phone(step.by).restart();
      case "restore a copy": {
        const phone = this.#phone(step.by);
        const copy = this.#copies[step.nth % this.#copies.length]?.get(phone.name);
        if (copy !== undefined) await world.restore(phone, copy);
        return;
      }
      case "exchange":
        for (const [i, phone] of world.phones.entries()) {
          const happens = i === step.in ? step.trouble : {};
          await read(world, phone, 100, happens);
          await flush(phone, happens);
          world.noteMembers();
        }
        return world.pass(10_000);
      default:
        return this.#handle(step.does, this.#phone(step.at).address, step.nth);
    }
  }

  #handle(does: "repeat" | "delay" | "catch up" | "reverse" | "drop", address: string, nth: number): void {
    const { post } = this.#world;
    if (does === "repeat") post.repeat(address, nth);
    if (does === "delay") post.delay(address, nth);
    if (does === "catch up") post.catchUp();
    if (does === "reverse") post.reverse(address);
    if (does === "drop") post.drop(address, nth);
  }

  /** Somebody who knows anybody. */
  #writer(which: number): Phone {
    const writers = this.#world.phones.filter(({ device }) => device.contacts().length > 0);
    return writers[which % writers.length] ?? this.#phone(which);
  }

  #phone(which: number): Phone {
    const { phones } = this.#world;
    const phone = phones[which % phones.length];
    if (phone === undefined) throw new Error("no phones");
    return phone;
  }

  /** One that is not its owner's first. */
  #further(which: number): Phone | undefined {
    const further = this.#world.people.flatMap((phones) => phones.slice(1));
    return further[which % Math.max(1, further.length)];
  }
}
