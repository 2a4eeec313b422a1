/** Some people with some devices, one relay, one clock, and all that is known of them from outside. */

import { bytesToHex } from "@noble/hashes/utils.js";
import { parseCard } from "../../src/client/card.ts";
import { defineConversation } from "../../src/client/conversations/definition.ts";
import { putConversation } from "../../src/client/conversations/known.ts";
import { nextErrand } from "../../src/client/errands.ts";
import { lastNonce } from "../../src/client/identity.ts";
import { listJournal } from "../../src/client/journal.ts";
import { devicesOf } from "../../src/client/people/persons.ts";
import { isQueueEmpty } from "../../src/client/queue.ts";
import { getJson } from "../../src/client/vault/json-entry.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { decodeBase64url } from "../../src/protocol/base64url.ts";
import { Ledger } from "./ledger.ts";
import { copyOf, type Entries } from "./mortal-vault.ts";
import { Phone, type Surroundings } from "./phone.ts";
import { Post } from "./post.ts";
import { SealedOnce } from "./sealed-once.ts";
import { type Chance, useChance } from "./seeded.ts";

/** How many devices each person has, or will have when they are linked. */
export type Layout = readonly number[];

/** A world to begin from, as often as one likes. */
export interface Stage {
  readonly layout: Layout;
  readonly mailboxes: unknown;
  readonly now: number;
  readonly phones: readonly { readonly name: string; readonly entries: Entries }[];
  readonly group: string | undefined;
}

export class World {
  readonly ledger = new Ledger();
  readonly sealedOnce = new SealedOnce();
  readonly post = new Post((envelope) => this.sealedOnce.deposited(envelope));
  /** By person; each one's first device at the front. */
  readonly people: Phone[][] = [];
  /** A conversation of all, if they are three. */
  readonly group: string | undefined;
  /** Devices whose state was lost at some time: how many envelopes had been sealed by the last time. */
  readonly lostState = new Map<string, number>();
  /**
   * Which device's lost state which other can't be told of: the copy knew nothing of a channel between them, or that
   * other had none from it. It learns of it, if at all, when the one that lost its state writes.
   */
  readonly lostUnheard = new Set<string>();
  readonly #around: Surroundings;

  private constructor(chance: Chance, group: string | undefined) {
    this.group = group;
    this.#around = {
      post: this.post,
      sealedOnce: this.sealedOnce,
      travel: async () => {
        for (let turns = chance.below(3); turns > 0; turns--) await new Promise(setImmediate);
      },
    };
  }

  /** People who have each other's cards; further devices of theirs are new, and nobody's. */
  static async prepare(layout: Layout, chance: Chance): Promise<Stage> {
    useChance(chance);
    const world = new World(chance, undefined);
    for (const [person, count] of layout.entries()) {
      const phones: Phone[] = [];
      for (let i = 0; i < count; i++) phones.push(await Phone.make(`${person}.${i}`, world.#around));
      world.people.push(phones);
    }
    const firsts = world.people.flatMap(([first]) => first ?? []);
    for (const one of firsts)
      for (const other of firsts) if (one !== other) await one.device.add(other.device.card());
    const group = firsts.length < 3 ? undefined : await begin(firsts, chance);
    return {
      layout,
      mailboxes: world.post.relay.mailboxes.snapshot(),
      now: world.post.now,
      phones: world.phones.map(({ name, entries }) => ({ name, entries: copyOf(entries) })),
      group,
    };
  }

  static async from(stage: Stage, chance: Chance): Promise<World> {
    useChance(chance);
    const world = new World(chance, stage.group);
    world.post.relay.mailboxes.restore(stage.mailboxes);
    world.post.relay.now = stage.now;
    const waiting = [...stage.phones];
    for (const count of stage.layout) {
      const phones: Phone[] = [];
      for (const { name, entries } of waiting.splice(0, count))
        phones.push(await Phone.open(name, entries, world.#around));
      world.people.push(phones);
    }
    return world;
  }

  get phones(): Phone[] {
    return this.people.flat();
  }

  phone(address: string): Phone {
    const found = this.phones.find((phone) => phone.address === address);
    if (found === undefined) throw new Error("no such phone");
    return found;
  }

  personOf(phone: Phone): number {
    return this.people.findIndex((phones) => phones.includes(phone));
  }

  first(person: number): Phone {
    const [first] = this.people[person] ?? [];
    if (first === undefined) throw new Error("no such person");
    return first;
  }

  /** The devices that belong to a person: their first's word makes it so. */
  members(person: number): string[] {
    const first = this.first(person);
    return devicesOf(first.vault, first.address);
  }

  isLinked(phone: Phone): boolean {
    return this.members(this.personOf(phone)).includes(phone.address);
  }

  pass(milliseconds: number): void {
    this.post.pass(
      milliseconds,
      this.phones.map(({ address }) => address),
    );
    for (const { vault } of this.phones)
      for (const { tag, heldUntil } of getJson<{ tag: string; heldUntil: number }[]>(vault, "device/aside") ??
        [])
        if (heldUntil <= this.post.now)
          this.post.lost.add(bytesToHex(decodeBase64url(tag) ?? new Uint8Array()));
  }

  /** Puts a phone back to an older copy of itself. @returns whether that shows: an unused copy is as good as new */
  async restore(phone: Phone, copy: Entries): Promise<boolean> {
    const used = this.post.relay.mailboxes.status(phone.address).nonce;
    const before = listJournal(phone.vault).map(([, { id }]) => id);
    const reader = { get: (name: string) => copy.get(name), list: () => [] };
    if (lastNonce(reader) >= used) return false;
    // What it founds from here on is not of the same moment as what it founded last: that takes longer.
    this.pass(1);
    for (const { address, vault } of this.phones)
      if (!isPeer(copy, address) || vault.get(`channel/founder/${phone.address}`) === undefined)
        this.lostUnheard.add(`${phone.address} ${address}`);
    phone.entries = copyOf(copy);
    await phone.restart();
    this.ledger.restore(
      phone.address,
      listJournal(phone.vault).map(([, { id }]) => id),
      before,
    );
    this.lostState.set(phone.address, this.sealedOnce.sealed.length);
    return true;
  }

  /** Whether anything is still to be done by somebody. */
  get business(): string[] {
    return this.phones.flatMap(({ name, vault, address }) => [
      ...(this.post.isWaiting(address) ? [`mail for ${name}`] : []),
      ...(isQueueEmpty(vault) ? [] : [`a queue at ${name}`]),
      ...(nextErrand(vault) === undefined ? [] : [`errands of ${name}`]),
    ]);
  }

  /** Who was linked since may be given what was written before; who was unlinked need not. */
  noteMembers(): void {
    for (const written of this.ledger.written.values()) {
      const { people, should, may, from } = written;
      const author = this.personOf(this.phone(from));
      if (written.authors.size > 1 && !this.members(author).includes(from)) written.unlinked = true;
      for (const person of people) {
        const members = this.members(person);
        for (const device of members) may.add(device);
        for (const { address } of this.people[person] ?? [])
          if (!members.includes(address)) should.delete(address);
      }
    }
  }
}

function isPeer(copy: Entries, address: string): boolean {
  return copy.has(`channel/out/${address}`) || copy.has(`channel/founder/${address}`);
}

/** Begins a conversation of three on the first's device; the others are told with its first text. */
function begin(firsts: readonly Phone[], chance: Chance): Promise<string> {
  const members = firsts.flatMap(({ device }) => {
    const { address, deliveryToken: token, relay } = parseCard(device.card());
    const parsed = parseAddress(address);
    return parsed === undefined ? [] : [{ address: parsed, token, relay }];
  });
  const definition = defineConversation(members, chance.octets(16));
  const [maker] = firsts;
  if (maker === undefined) throw new Error("nobody");
  return maker.vault.transaction((draft) => putConversation(draft, definition).id);
}
