import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "@noble/hashes/utils.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Device } from "../../src/client/device.ts";
import type { IncomingText } from "../../src/client/inbox.ts";
import { FileVault } from "../../src/client/vault/file.ts";
import { Shelf, valuesOn } from "../faults/seized-vault.ts";
import { latin1 } from "../faults/windows.ts";
import { Cast, type Member } from "../lying/cast.ts";
import { person, readAll } from "../scenario/person.ts";

const HOUR = 60 * 60 * 1000;

describe("on the medium, for who has the vault's key, a text that the app is done with", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Device;
  let vault: FileVault;
  let folder: string;
  let shelf: Shelf;
  const key = randomBytes(32);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "restante-finished-"));
    shelf = new Shelf(folder);
    vault = await FileVault.open(join(folder, "vault"), { key });
    cast = new Cast();
    ann = await cast.join();
    bo = await person(cast.relay.origin, { vault, platform: cast.relay.platform });
    await ann.device.add(bo.card());
  });
  afterEach(async () => {
    await vault.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Whether these words can be read there. */
  async function isThere(words: string): Promise<boolean> {
    return valuesOn(await shelf.look(), key).some((value) => latin1(value).includes(words));
  }

  async function begin(): Promise<[AsyncGenerator<IncomingText>, IncomingText]> {
    const loop = bo.inbox({ once: true });
    const first = await loop.next();
    if (first.done) throw new Error("no text");
    return [loop, first.value];
  }

  it("is gone when the loop is over, for the price of one checkpoint more, however many they are", async () => {
    const words = ["the first of three", "the second of three", "the third of three"];
    for (const text of words) await ann.device.send(bo.address, text);
    const checkpoint = vi.spyOn(vault, "checkpoint");
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(words);
    expect(checkpoint).toHaveBeenCalledTimes(2);
    for (const text of words) expect(await isThere(text)).toBe(false);
  });

  it("is gone when the app leaves the loop; what it has not finished with stays", async () => {
    await ann.device.send(bo.address, "done with, and left");
    await ann.device.send(bo.address, "still to be read");
    const [loop, text] = await begin();
    expect(await isThere("done with, and left")).toBe(true);
    await text.done();
    await loop.return(undefined);
    expect(await isThere("done with, and left")).toBe(false);
    expect(await isThere("still to be read")).toBe(true);
  });

  it("is gone when the device is closed, though the loop was not left", async () => {
    await ann.device.send(bo.address, "done with, and closed");
    const [, text] = await begin();
    await text.done();
    await bo.close();
    expect(await isThere("done with, and closed")).toBe(false);
  });

  it("costs nothing more to close when nothing was finished with", async () => {
    const checkpoint = vi.spyOn(vault, "checkpoint");
    await readAll(bo);
    const before = checkpoint.mock.calls.length;
    await readAll(bo);
    await bo.close();
    expect(checkpoint.mock.calls.length).toBe(before);
  });

  it("and one that was taken back before the app saw it are gone alike", async () => {
    const sent = await ann.device.send(bo.address, "taken back in time", { revocable: true });
    cast.relay.lies.erase = async (_, honest) => {
      await ann.device.revoke(sent.id);
      return honest();
    };
    expect(await readAll(bo)).toEqual([]);
    expect(await isThere("taken back in time")).toBe(false);
  });

  it("and a long one that was given up are gone alike", async () => {
    const line = "a line of a long text\n";
    await ann.device.send(bo.address, line.repeat(6000), { ttlSeconds: 3600 });
    const { mailboxes } = cast.relay;
    const last = mailboxes.held(bo.address).at(-1);
    if (last !== undefined) mailboxes.erase(bo.address, [last.id]);
    await readAll(bo);
    expect(await isThere(line)).toBe(true);
    cast.relay.now += 2 * HOUR;
    await readAll(bo);
    expect(await isThere(line)).toBe(false);
  });
});
