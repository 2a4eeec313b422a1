/** People on a lying relay: what they wrote, what they were handed, and that the one is what the other says. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "vitest";
import { Device } from "../../src/client/device.ts";
import type { Sent } from "../../src/client/sent.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import type { Vault } from "../../src/client/vault/vault.ts";
import { person, readAll } from "../scenario/person.ts";
import { LyingRelay } from "./relay.ts";

export interface Member {
  /** The same vault, opened anew, after {@link Cast.restart}. */
  device: Device;
  readonly vault: Vault;
  readonly address: string;
  /** Whose device it is: the address of the person's first. */
  person: string;
}

/** Shorter ones turn up in random octets, seen in base64, by chance. */
const SHORTEST = 12;

interface Written {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

export class Cast {
  readonly relay = new LyingRelay();
  readonly #wrote: Written[] = [];
  readonly #handed: (Written & { by: string; id: string })[] = [];

  async join(): Promise<Member> {
    const vault = new MemoryVault();
    const device = await person(this.relay.origin, { vault, platform: this.relay.platform });
    return { device, vault, address: device.address, person: device.address };
  }

  /** So many people, each of whom has everybody's card. */
  async acquainted(count: number): Promise<Member[]> {
    const members: Member[] = [];
    for (let i = 0; i < count; i++) members.push(await this.join());
    for (const one of members)
      for (const other of members) if (one !== other) await one.device.add(other.device.card());
    return members;
  }

  /** The app ends and starts again. */
  async restart(member: Member): Promise<void> {
    member.device = await Device.open({ vault: member.vault, platform: this.relay.platform });
  }

  /** Each text must be one of its own, and long enough to be searched for. */
  async write(
    from: Member,
    to: Member,
    text: string,
    options: { ttlSeconds?: number; revocable?: boolean } = {},
  ): Promise<Sent> {
    if (text.length < SHORTEST) throw new RangeError(`text: ${SHORTEST} characters at least`);
    this.#wrote.push({ from: from.person, to: to.person, text });
    return from.device.send(to.person, text, options);
  }

  /** What the app is handed, in this order. */
  async read(by: Member): Promise<string[]> {
    const texts = await readAll(by.device);
    for (const { id, from, to = by.person, text } of texts)
      this.#handed.push({ by: by.address, id, from, to, text });
    return texts.map(({ text }) => text);
  }

  /** A new device of the person whose first is `first`. */
  async linkTo(first: Member): Promise<Member> {
    const other = await this.join();
    await first.device.ownDevices.approveLink(await other.device.ownDevices.linkCode());
    await this.settle(other, first);
    other.person = first.person;
    return other;
  }

  /** All read, and send what they have to tell each other, until there is nothing more. */
  async settle(...members: Member[]): Promise<Map<Member, string[]>> {
    const texts = new Map<Member, string[]>(members.map((member) => [member, []]));
    for (let round = 0; round < 4; round++)
      for (const member of members) {
        this.relay.now += 5000;
        texts.get(member)?.push(...(await this.read(member)));
      }
    return texts;
  }

  /** The relay read nothing, passed nothing off as another's, and had nothing handed over twice. */
  expectTruth(): void {
    for (const { text } of this.#wrote)
      expect(this.relay.traffic.shows(utf8ToBytes(text)), `the relay saw “${text}”`).toBe(false);
    const seen = new Set<string>();
    for (const { by, id, ...text } of this.#handed) {
      expect(this.#wrote).toContainEqual(text);
      for (const once of [`${by} ${id}`, `${by} ${JSON.stringify(text)}`]) {
        expect(seen.has(once), `“${text.text}” was handed over twice`).toBe(false);
        seen.add(once);
      }
    }
  }
}
