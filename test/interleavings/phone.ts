/** A device with its medium: the process may die, and is opened again from what was durable then. */
import { Device } from "../../src/client/device.ts";
import type { News } from "../../src/client/news.ts";
import type { Sent } from "../../src/client/sent.ts";
import type { Platform } from "../../src/client/transport.ts";
import { person } from "../scenario/person.ts";
import { Life, type Moment } from "./life.ts";
import { copyOf, type Entries, MortalVault } from "./mortal-vault.ts";
import type { Post } from "./post.ts";
import type { SealedOnce } from "./sealed-once.ts";

/** What goes wrong while a device does one thing. */
export interface Trouble {
  /** The process dies. */
  readonly death?: Moment;
  /** A request never arrives, or its answer doesn't. */
  readonly cut?: Moment;
}

/** What came of it. */
export type Outcome<T> =
  | { readonly outcome: "done"; readonly value: T }
  | { readonly outcome: "failed"; readonly error: unknown }
  | { readonly outcome: "died" };

/** What all devices of one world share. */
export interface Surroundings {
  readonly post: Post;
  readonly sealedOnce: SealedOnce;
  /** Lets others run in between: each request takes as long as it likes. */
  readonly travel: () => Promise<void>;
}

const SENT = "sent/";

export class Phone {
  readonly name: string;
  /** What is durable. */
  entries: Entries;
  /** What the app was told, over all runs. */
  readonly news: News[] = [];
  /** What was last known of each text it sent, by id: a device forgets in the end, its app need not. */
  readonly sent = new Map<string, Sent>();
  readonly #around: Surroundings;
  #life = new Life();
  #vault: MortalVault;
  #device: Device | undefined;
  #requests = 0;
  #cut: Moment | undefined;

  private constructor(name: string, entries: Entries, around: Surroundings) {
    this.name = name;
    this.entries = entries;
    this.#around = around;
    this.#vault = this.#mount();
  }

  /** A new one that has agreed. */
  static async make(name: string, around: Surroundings): Promise<Phone> {
    const phone = new Phone(name, new Map(), around);
    const { origin } = around.post.relay;
    phone.#device = await person(origin, { vault: phone.#vault, platform: phone.#platform(phone.#life) });
    return phone;
  }

  static async open(name: string, entries: Entries, around: Surroundings): Promise<Phone> {
    const phone = new Phone(name, copyOf(entries), around);
    await phone.restart();
    around.sealedOnce.committed(phone.address, entries);
    return phone;
  }

  get device(): Device {
    if (this.#device === undefined) throw new Error("not opened yet");
    return this.#device;
  }

  get address(): string {
    return this.device.address;
  }

  get vault(): MortalVault {
    return this.#vault;
  }

  /** What the present process did, one entry a step. */
  get steps(): readonly string[] {
    return this.#life.steps;
  }

  /** Ends the process, as it may be ended at any moment, and opens the device from what is durable. */
  async restart(): Promise<void> {
    this.#life.end();
    this.#life = new Life();
    this.#vault = this.#mount();
    this.#device = await Device.open({ vault: this.#vault, platform: this.#platform(this.#life) });
    this.#device.listen((item) => this.news.push(item));
  }

  /** Does something, with trouble on the way; a device that died of it is opened again. */
  async through<T>(trouble: Trouble, run: () => Promise<T>): Promise<Outcome<T>> {
    const life = this.#life;
    life.plan(trouble.death);
    this.#cut = trouble.cut && { ...trouble.cut, at: this.#requests + trouble.cut.at };
    const outcome = await run().then(
      (value): Outcome<T> => ({ outcome: "done", value }),
      (error): Outcome<T> => ({ outcome: "failed", error }),
    );
    this.#cut = undefined;
    life.plan(undefined);
    if (!life.isOver) return outcome;
    if (this.#life === life) await this.restart();
    return { outcome: "died" };
  }

  #mount(): MortalVault {
    return new MortalVault(this.entries, this.#life, (change) => {
      this.#around.sealedOnce.committed(this.#device?.address ?? "", change);
      for (const [name, value] of change)
        if (name.startsWith(SENT) && value !== undefined) {
          const sent: Sent = JSON.parse(new TextDecoder().decode(value));
          this.sent.set(sent.id, sent);
        }
    });
  }

  #platform(life: Life): Partial<Platform> {
    const { post, travel } = this.#around;
    return {
      now: () => post.now,
      fetch: (input, init) =>
        life.step(
          `${init?.method} ${new URL(String(input)).pathname.replace(/[\w-]{40,}/, "…")}`,
          async () => {
            const cut = ++this.#requests === this.#cut?.at ? this.#cut : undefined;
            await travel();
            if (cut?.after === false) throw new TypeError("no network");
            const answer = await post.relay.platform.fetch(input, init);
            await travel();
            if (cut !== undefined) throw new TypeError("no network");
            return answer;
          },
        ),
    };
  }
}
