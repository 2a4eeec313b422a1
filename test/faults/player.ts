/** Somebody in a story: a device of an SDK that may be a changed copy, on a vault in a file that is watched. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Device } from "../../src/client/device.ts";
import type { FileVault } from "../../src/client/vault/file.ts";
import { Shelf, valuesOn } from "./seized-vault.ts";
import { mark, markIn } from "./thief.ts";
import { latin1 } from "./windows.ts";
import type { Station, Wire } from "./wire.ts";

/** The SDK of a source tree. */
export interface Sdk {
  readonly Device: typeof Device;
  readonly FileVault: typeof FileVault;
}

/** @param root the folder that has `src` */
export async function loadSdk(root: string): Promise<Sdk> {
  const load = (path: string) =>
    import(/* @vite-ignore */ pathToFileURL(join(root, "src/client", path)).href);
  const [{ Device }, { FileVault }] = await Promise.all([load("device.ts"), load("vault/file.ts")]);
  return { Device, FileVault };
}

export interface Sending {
  readonly ttlSeconds?: number;
  readonly revocable?: boolean;
  readonly length?: number;
}

export class Player {
  readonly #sdk: Sdk;
  readonly #wire: Wire;
  readonly #folder: string;
  readonly #key = randomBytes(32);
  readonly #shelf: Shelf;
  readonly #station: Station;
  #vault: FileVault | undefined;
  /** Of runs that died. */
  readonly #left: FileVault[] = [];
  #device: Device | undefined;

  private constructor(sdk: Sdk, wire: Wire, folder: string, acknowledging: Station["acknowledging"]) {
    this.#sdk = sdk;
    this.#wire = wire;
    this.#folder = folder;
    this.#shelf = new Shelf(folder);
    const leaving = async () => {
      await this.#shelf.look();
    };
    this.#station = { address: () => this.address, leaving, ...(acknowledging ? { acknowledging } : {}) };
  }

  static async join(
    sdk: Sdk,
    wire: Wire,
    relay: string,
    acknowledging?: Station["acknowledging"],
  ): Promise<Player> {
    const folder = await mkdtemp(join(tmpdir(), "restante-thief-"));
    const player = new Player(sdk, wire, folder, acknowledging);
    const vault = await player.#openVault();
    player.#device = await sdk.Device.create({ relay, vault, platform: wire.platform(player.#station) });
    const notice = await player.device.notice();
    await player.device.consent({ notice, purposes: ["messaging"], method: "test" });
    return player;
  }

  get device(): Device {
    if (this.#device === undefined) throw new Error("not there");
    return this.#device;
  }

  get address(): string {
    return this.device.address;
  }

  /** Delivery token, as who has the card knows it. */
  get token(): string {
    return this.device.card().split("~")[1] ?? "";
  }

  /** Sends a text with this mark, over and over up to `length`. @returns its envelopes, in latin1 */
  async send(to: Player, name: string, options: Sending = {}): Promise<string[]> {
    if (markIn(utf8ToBytes(mark(name))) !== name) throw new RangeError(`name: ${name}`);
    const { length = 1, ...rest } = options;
    const words = `${mark(name)} and some words. `;
    const before = this.#wire.sent.length;
    const { state } = await this.device.send(
      to.address,
      words.repeat(Math.ceil(length / words.length)),
      rest,
    );
    if (state !== "held") throw new Error(`${name}: ${state}`);
    return this.#wire.sent.slice(before).map(({ octets }) => latin1(octets));
  }

  /** What the app is handed: marks' names. It is done with each, unless it stops at the first. */
  async read(stopAtFirst = false): Promise<string[]> {
    const names: string[] = [];
    for await (const { text } of this.device.inbox({ once: true })) {
      names.push(markIn(utf8ToBytes(text)) ?? text);
      if (stopAtFirst) break;
    }
    this.#publishCarried();
    return names;
  }

  /** A read that dies before its next checkpoint. */
  async dieBeforeCheckpoint(): Promise<void> {
    const vault = this.#vault;
    if (vault === undefined) throw new Error("not there");
    vault.checkpoint = () => Promise.reject(new Crash());
    await this.#dying(this.read());
  }

  /** A read whose acknowledgement does not get through, and that dies of it. */
  async dieAtAcknowledgement(): Promise<void> {
    this.#wire.cut = true;
    await this.#dying(this.read());
    this.#wire.cut = false;
  }

  /** Keeps a copy of the vault's file. @returns what puts it back, as after a backup was restored */
  async backUp(): Promise<() => Promise<void>> {
    const path = join(this.#folder, "vault");
    const octets = await readFile(path);
    return async () => {
      await this.device.close();
      await writeFile(path, octets);
      await this.#open();
    };
  }

  /** The app ends, and starts again. */
  async restart(): Promise<void> {
    await this.device.close();
    await this.#open();
  }

  /** Everything on the medium, deleted or not. */
  async copy(): Promise<Uint8Array[]> {
    return valuesOn(await this.#shelf.look(), this.#key);
  }

  async end(): Promise<void> {
    await this.device.close();
    for (const vault of this.#left) await vault.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The process is gone without closing anything, and starts again. */
  async #dying(step: Promise<unknown>): Promise<void> {
    const died = await step.then(
      () => false,
      () => true,
    );
    if (!died) throw new Error("It should have died here.");
    if (this.#vault !== undefined) this.#left.push(this.#vault);
    await rm(join(this.#folder, "vault.lock"));
    await this.#open();
  }

  async #open(): Promise<void> {
    const vault = await this.#openVault();
    const platform = this.#wire.platform(this.#station);
    this.#device = await this.#sdk.Device.open({ vault, platform });
  }

  async #openVault(): Promise<FileVault> {
    this.#vault = await this.#sdk.FileVault.open(join(this.#folder, "vault"), { key: this.#key });
    return this.#vault;
  }

  /** Public keys that came inside texts are public all the same: whatever in the vault could be one. */
  #publishCarried(): void {
    for (const [, value] of this.#vault?.list("") ?? [])
      if (value.length >= PUBLIC_KEY && value.length < 2 * PUBLIC_KEY)
        for (let at = 0; at + PUBLIC_KEY <= value.length; at++)
          this.#wire.publish(value.slice(at, at + PUBLIC_KEY));
  }
}

const PUBLIC_KEY = 1216;

class Crash extends Error {}
