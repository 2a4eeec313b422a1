import { describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import type { Vault, VaultDraft } from "../../src/client/vault/vault.ts";
import { person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

class Crash extends Error {}

/** A vault whose device dies at its n-th step: before that step takes effect, or right after. */
class DyingVault implements Vault {
  readonly #kept: Vault;
  readonly #steps: number;
  readonly #after: boolean;
  taken = 0;

  constructor(kept: Vault, steps: number, after: boolean) {
    this.#kept = kept;
    this.#steps = steps;
    this.#after = after;
  }

  get(name: string) {
    return this.#kept.get(name);
  }

  list(prefix: string) {
    return this.#kept.list(prefix);
  }

  transaction<T>(change: (draft: VaultDraft) => T | Promise<T>): Promise<T> {
    return this.#step(() => this.#kept.transaction(change));
  }

  checkpoint(): Promise<void> {
    return this.#step(() => this.#kept.checkpoint());
  }

  async close(): Promise<void> {}

  get dead(): boolean {
    return this.taken >= this.#steps;
  }

  async #step<T>(take: () => Promise<T>): Promise<T> {
    this.taken++;
    if (this.taken > this.#steps || (this.taken === this.#steps && !this.#after)) throw new Crash();
    const result = await take();
    if (this.taken === this.#steps) throw new Crash();
    return result;
  }
}

const TEXTS = ["one", "two", "revocable", "four"];

describe("a device that dies at any step", () => {
  const relay = useRelay();

  it("of receiving loses no text and finishes with none twice", async () => {
    let died = 0;
    for (let step = 1; step <= 30; step++) {
      const after = step % 2 === 0;
      const vault = new MemoryVault();
      const ann = await person(relay().origin);
      const bo = await person(relay().origin, { vault });
      await ann.add(bo.card());
      for (const text of TEXTS) await ann.send(bo.address, text, { revocable: text === "revocable" });

      const dying = new DyingVault(vault, step, after);
      const finished: string[] = [];
      const seen = new Map<string, string>();
      try {
        const first = await Device.open({ vault: dying });
        for await (const text of first.inbox({ once: true })) {
          seen.set(text.id, text.text);
          await text.done();
          finished.push(text.text);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(Crash);
        died++;
      }
      const second = await Device.open({ vault });
      for (const text of await readAll(second)) {
        if (seen.has(text.id)) expect(seen.get(text.id)).toBe(text.text);
        // A crash after the journal entry went and before the app heard of it: the app was done all the same.
        finished.push(text.text);
      }
      const expected = after && dying.dead ? TEXTS.filter((text) => finished.includes(text)) : TEXTS;
      expect(finished, `step ${step}`).toEqual(expected);
      expect(new Set([...finished, ...seen.values()]), `step ${step}`).toEqual(new Set(TEXTS));
      expect(await readAll(second)).toEqual([]);
      if (!dying.dead) break;
    }
    expect(died).toBeGreaterThan(8);
  });

  it("of sending leaves a text that arrives once, or one whose sender was told that it was not sent", async () => {
    let died = 0;
    for (let step = 1; step <= 16; step++) {
      const vault = new MemoryVault();
      const ann = await person(relay().origin, { vault });
      const bo = await person(relay().origin);
      await ann.add(bo.card());
      const dying = new DyingVault(vault, step, step % 2 === 0);
      const first = await Device.open({ vault: dying });
      const sent: string[] = [];
      try {
        for (const text of ["one", "two", "three"]) {
          await first.send(bo.address, text, text === "two" ? { ttlSeconds: 600 } : {});
          sent.push(text);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(Crash);
        died++;
      }
      const second = await Device.open({ vault });
      await second.flush();
      await second.send(bo.address, "last");
      const texts = (await readAll(bo)).map(({ text }) => text);
      expect(texts.slice(0, sent.length), `step ${step}`).toEqual(sent);
      expect(texts.length).toBeLessThanOrEqual(sent.length + 2);
      expect(texts.at(-1)).toBe("last");
      expect(new Set(texts).size).toBe(texts.length);
      if (!dying.dead) break;
    }
    expect(died).toBeGreaterThan(3);
  });

  it("between opening and checkpoint acknowledges nothing until a checkpoint has been made", async () => {
    const kept = new MemoryVault();
    const log: string[] = [];
    const logging: Vault = {
      get: (name) => kept.get(name),
      list: (prefix) => kept.list(prefix),
      transaction: (change) => kept.transaction(change),
      checkpoint: async () => {
        log.push("checkpoint");
        await kept.checkpoint();
      },
      close: async () => undefined,
    };
    const platform = {
      fetch: (async (input, init) => {
        if (init?.method === "DELETE") log.push("acknowledge");
        return fetch(input, init);
      }) as typeof fetch,
    };
    const ann = await person(relay().origin);
    const bo = await person(relay().origin, { vault: kept });
    await ann.add(bo.card());
    await ann.send(bo.address, "opened, and then the lights went out");
    const dark = await Device.open({
      vault: { ...logging, checkpoint: () => Promise.reject(new Crash()) },
      platform,
    });
    // Not acknowledged, so not the app's yet: the loop ends without having shown it.
    await expect(dark.inbox({ once: true }).next()).rejects.toThrow(Crash);
    expect(log).toEqual([]);
    const light = await Device.open({ vault: logging, platform });
    expect((await readAll(light)).map(({ text }) => text)).toEqual(["opened, and then the lights went out"]);
    expect(log.slice(0, 2)).toEqual(["checkpoint", "acknowledge"]);
  });
});
