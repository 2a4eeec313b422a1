import { beforeEach, describe, expect, it, vi } from "vitest";
import { FoundingBudget } from "../../src/client/channel/budget.ts";
import { KEY_FAILURES } from "../../src/client/channel/limits.ts";
import { Device } from "../../src/client/device.ts";
import type { News } from "../../src/client/news.ts";
import type { Change } from "../../src/client/vault/change.ts";
import { StoredVault } from "../../src/client/vault/stored-vault.ts";
import type { VaultDraft } from "../../src/client/vault/vault.ts";
import { Cast, type Member } from "../lying/cast.ts";
import { person, readAll } from "../scenario/person.ts";

const HOUR = 60 * 60 * 1000;

/** A vault under which whatever looks somebody up fails, as a fault of the program would; or that can't be written. */
class FaultyVault extends StoredVault {
  /** By address. */
  failsFor: string | undefined;
  full = false;

  constructor() {
    const medium = {
      append: async (_: Change) => {
        if (this.full) throw new Error("No space is left.");
      },
      rewrite: async () => undefined,
      outgrown: false,
      close: async () => undefined,
    };
    super(medium, new Map());
  }

  override transaction<T>(change: (draft: VaultDraft) => T | Promise<T>): Promise<T> {
    return super.transaction((draft) =>
      change({
        get: (name) => {
          if (this.failsFor !== undefined && name.includes(this.failsFor)) throw new TypeError("a fault");
          return draft.get(name);
        },
        list: (prefix) => draft.list(prefix),
        put: (name, value) => draft.put(name, value),
        delete: (name) => draft.delete(name),
      }),
    );
  }
}

describe("an envelope that can't be taken in", () => {
  let cast: Cast;
  let ann: Member;
  let eve: Member;
  let bo: Device;
  let vault: FaultyVault;
  let news: News[];
  const held = () => cast.relay.mailboxes.held(bo.address).length;
  const read = async () => (await readAll(bo)).map(({ text }) => text);
  const aside = () => vault.list("aside/").length;

  beforeEach(async () => {
    cast = new Cast();
    [ann, eve] = [await cast.join(), await cast.join()];
    vault = new FaultyVault();
    bo = await person(cast.relay.origin, { vault, platform: cast.relay.platform });
    for (const { device } of [ann, eve]) await device.add(bo.card());
    news = [];
    bo.listen((item) => news.push(item));
  });

  it("costs only itself: the others of its batch are read, all are acknowledged", async () => {
    await ann.device.send(bo.address, "before it");
    await eve.device.send(bo.address, "what fails");
    await ann.device.send(bo.address, "after it");
    vault.failsFor = eve.address;
    expect(await read()).toEqual(["before it", "after it"]);
    expect(held()).toBe(0);
    expect(news).toEqual([]);
  });

  it("is kept sealed and tried again an hour later, founding and all", async () => {
    await eve.device.send(bo.address, "what failed once");
    vault.failsFor = eve.address;
    expect(await read()).toEqual([]);
    expect(aside()).toBe(1);
    vault.failsFor = undefined;
    expect(await read()).toEqual([]);
    cast.relay.now += HOUR;
    expect(await read()).toEqual(["what failed once"]);
    expect(aside()).toBe(0);
  });

  it("is dropped after three tries, and the app is told of the fault", async () => {
    await eve.device.send(bo.address, "what always fails");
    vault.failsFor = eve.address;
    for (let hours = 0; hours < 5; hours++) {
      expect(aside()).toBe(hours === 0 || hours > 2 ? 0 : 1);
      expect(await read()).toEqual([]);
      cast.relay.now += HOUR;
    }
    expect(news).toEqual([{ kind: "failed", error: new TypeError("a fault") }]);
    vault.failsFor = undefined;
    await ann.device.send(bo.address, "all is well again");
    expect(await read()).toEqual(["all is well again"]);
  });

  it("leaves nothing of what it had begun", async () => {
    await ann.device.send(bo.address, "to begin with");
    await read();
    const names = () => vault.list("").map(([name]) => name.split("/")[0]);
    const before = names();
    await eve.device.send(bo.address, "what fails");
    vault.failsFor = eve.address;
    await read();
    expect(names().filter((name) => !before.includes(name))).toEqual(["aside"]);
    expect(names().filter((name) => name === "tag")).toEqual(before.filter((name) => name === "tag"));
  });

  it("counts as a failed founding: a flood of such costs a handful of openings", async () => {
    const allows = vi.spyOn(FoundingBudget.prototype, "allows");
    const { mailboxes } = cast.relay;
    await eve.device.send(bo.address, "what fails");
    const [founding] = mailboxes.held(bo.address);
    if (founding === undefined) throw new Error("no founding");
    for (let id = 1000; id < 1020; id++) mailboxes.put(bo.address, { ...founding, id });
    vault.failsFor = eve.address;
    expect(await read()).toEqual([]);
    expect(allows.mock.results.filter(({ value }) => value === true)).toHaveLength(KEY_FAILURES);
    expect(held()).toBe(0);
  });
});

describe("a vault that can't be written", () => {
  it("is no envelope's fault: the app is told, and nothing is acknowledged", async () => {
    const cast = new Cast();
    const ann = await cast.join();
    const vault = new FaultyVault();
    const bo = await person(cast.relay.origin, { vault, platform: cast.relay.platform });
    await ann.device.add(bo.card());
    await ann.device.send(bo.address, "is not lost");
    vault.full = true;
    await expect(readAll(bo)).rejects.toThrow("No space is left.");
    expect(cast.relay.mailboxes.held(bo.address)).toHaveLength(1);
    vault.full = false;
    const again = await Device.open({ vault, platform: cast.relay.platform });
    expect((await readAll(again)).map(({ text }) => text)).toEqual(["is not lost"]);
  });
});
