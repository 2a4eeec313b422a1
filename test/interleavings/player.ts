/** Carries schedules out. */
import { flush, link, read, revoke, unlink, write } from "./doing.ts";
import { copyOf, type Entries } from "./mortal-vault.ts";
import type { Phone } from "./phone.ts";
import type { Alone, Step } from "./schedule.ts";
import type { World } from "./world.ts";

/** Steps. */
const COPIED_EVERY = 5;

/** More than one envelope holds. */
const LONG = 130_000;

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
