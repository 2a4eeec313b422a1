/** A relay with a recorder before it, a folder for the command line, and what was sent and stored so far. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Device } from "../../../src/client/device.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";
import { readEveryFile } from "../../../src/local/storage.ts";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { listening } from "../../cli/run-restante.ts";
import { WaysOut } from "../../ways-out.ts";
import { eventually, type ScenarioRelay } from "../relay.ts";
import { type Run, runNode } from "../run-node.ts";
import { type Leaving, whatLeft } from "./leaving.ts";
import { readRecording } from "./recorded.ts";
import { RecordingProxy } from "./recording-proxy.ts";
import { Stored } from "./stored.ts";

export class Stage {
  /** All that was taken: connections, octet for octet. */
  readonly octets: Buffer[] = [];
  readonly stored = new Stored();
  /** The relay's files, each time that somebody looked at them. */
  readonly files: Buffer[] = [];
  readonly home: string;
  readonly #proxy: RecordingProxy;
  readonly #relay: ScenarioRelay;

  private constructor(relay: ScenarioRelay, proxy: RecordingProxy, home: string) {
    this.#relay = relay;
    this.#proxy = proxy;
    this.home = home;
  }

  static async set(relay: ScenarioRelay): Promise<Stage> {
    const home = await mkdtemp(join(tmpdir(), "restante-fresh-"));
    return new Stage(relay, await RecordingProxy.before(relay.origin), home);
  }

  async strike(): Promise<void> {
    await this.#proxy.stop();
    await rm(this.home, { recursive: true, force: true });
  }

  /** The relay's, for whoever is to be recorded. */
  get origin(): string {
    return this.#proxy.origin;
  }

  /** What has left since the last time. */
  take(): Leaving[] {
    const connections = this.#proxy.take();
    this.octets.push(...connections);
    return whatLeft(readRecording(connections));
  }

  async takeAtRest(): Promise<Leaving[]> {
    await eventually(() => this.#proxy.webSockets === 0);
    return this.take();
  }

  /** Does what is not the device's that is looked at. @throws when something of that one's has come in between */
  async meanwhile<T>(work: () => Promise<T>): Promise<T> {
    const late = this.take();
    if (late.length > 0) throw new Error(`It came late: ${late.map(({ call }) => call)}`);
    const result = await work();
    this.#proxy.take();
    return result;
  }

  /** @returns what went out of this process to anywhere but the recorder, and from there to the relay */
  async heard(work: () => Promise<void>): Promise<string[]> {
    const ear = WaysOut.hear();
    try {
      await work();
    } finally {
      ear.stop();
    }
    return this.#elsewhere(ear.take());
  }

  /** Runs a command. @throws when it went anywhere but to the recorder */
  async cli(...args: string[]): Promise<Run> {
    const file = join(this.home, "ways-out");
    const ran = await runNode(listening("restante-heard"), [
      file,
      "--home",
      join(this.home, "device"),
      ...args,
    ]);
    const ways = (await readFile(file, "utf8")).split("\n").filter(Boolean);
    const elsewhere = this.#elsewhere(ways);
    if (elsewhere.length > 0) throw new Error(`${args[0]} went elsewhere: ${elsewhere}`);
    return ran;
  }

  /** Looks into the relay's tables. */
  look(): Promise<void> {
    return this.stored.look(this.#relay.state);
  }

  /** Takes a copy of all that the relay has on disk. */
  async copy(): Promise<void> {
    await this.look();
    for (const { bytes } of await readEveryFile(this.#relay.state)) this.files.push(bytes);
  }

  fresh(): Promise<Device> {
    return Device.create({ relay: this.origin, vault: new MemoryVault() });
  }

  async agree(device: Device, ...purposes: Purpose[]): Promise<void> {
    await device.consent({ notice: await device.notice(), purposes, method: "app" });
  }

  /** A device that agreed to messages, and to `purposes`. */
  async someone(...purposes: Purpose[]): Promise<Device> {
    const device = await this.fresh();
    await this.agree(device, "messaging", ...purposes);
    return device;
  }

  /** Verifies a number by the code that the relay prints, and lists the device under it. */
  async verify(device: Device, number: string): Promise<void> {
    const { lines } = this.#relay;
    const before = lines.length;
    await device.numbers.requestCode(number);
    const code = () => /: ([0-9]{6})$/.exec(lines.slice(before).join("\n"))?.[1];
    await eventually(() => code() !== undefined);
    await device.numbers.submitCode(code() ?? "");
    await device.numbers.list();
  }

  #elsewhere(ways: readonly string[]): string[] {
    const known = [this.origin, this.#relay.origin].map((origin) => `TCPCONNECTWRAP ${new URL(origin).host}`);
    return ways.filter((way) => !known.includes(way));
  }
}
