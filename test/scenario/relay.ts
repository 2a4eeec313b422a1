import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type BuiltRelay, startRelay } from "../../src/local/built-relay.ts";

/** As startRelay takes them. */
type Settings = Pick<Parameters<typeof startRelay>[0], "vars" | "databases" | "place">;

/** A relay for one test file, with its storage in a folder of its own; `restart` keeps port and storage. */
export class ScenarioRelay {
  #relay: BuiltRelay | undefined;
  readonly #state: string;
  #settings: Settings;
  /** What the Worker has logged. */
  readonly lines: string[] = [];
  #port = 0;
  #worker: string | undefined;

  constructor(state: string, settings: Settings) {
    this.#state = state;
    this.#settings = settings;
  }

  get running(): BuiltRelay {
    if (this.#relay === undefined) throw new Error("The relay is not running.");
    return this.#relay;
  }

  get origin(): string {
    return this.running.origin;
  }

  get state(): string {
    return this.#state;
  }

  async start(): Promise<void> {
    this.#relay = await startRelay({
      state: this.#state,
      ...(this.#worker === undefined ? {} : { worker: this.#worker }),
      port: this.#port,
      ...this.#settings,
      hear: (line) => this.lines.push(line),
    });
    this.#port = Number(new URL(this.#relay.origin).port);
  }

  async restart(): Promise<void> {
    await this.running.stop();
    await this.start();
  }

  /**
   * Ends it and starts it as another release, on the same storage.
   *
   * @param worker from {@link buildWorker}; absent: the project's own
   * @param between is done to the storage while nothing runs on it
   * @param vars besides those that it has; they stay
   */
  async deploy(
    worker?: string,
    between: () => void = () => undefined,
    vars: Settings["vars"] = {},
  ): Promise<void> {
    await this.running.stop();
    this.#worker = worker;
    this.#settings = { ...this.#settings, vars: { ...this.#settings.vars, ...vars } };
    between();
    await this.start();
  }

  /** @param between is done to the storage while nothing runs on it */
  async crash(between: () => void = () => undefined): Promise<void> {
    await this.running.kill();
    between();
    await this.start();
  }

  async runDaily(): Promise<void> {
    await this.running.runDaily();
  }

  async stop(): Promise<void> {
    await this.#relay?.stop();
    await rm(this.#state, { recursive: true, force: true });
  }
}

/**
 * Starts a relay before the tests of the file that calls this, and ends it after them.
 *
 * @param vars replace what wrangler.toml says; asked for right before the start
 * @param more databases of records besides the one, by binding; and where requests come from
 */
export function useRelay(
  vars: () => Record<string, string | number> = () => ({}),
  more: Omit<Settings, "vars"> = {},
): () => ScenarioRelay {
  let relay: ScenarioRelay | undefined;
  beforeAll(async () => {
    relay = new ScenarioRelay(await mkdtemp(join(tmpdir(), "restante-scenario-")), { vars: vars(), ...more });
    await relay.start();
  });
  afterAll(() => relay?.stop());
  return () => {
    if (relay === undefined) throw new Error("The relay has not been started.");
    return relay;
  };
}

/** Waits until `check` holds, for what happens by an alarm or on another connection. */
export async function eventually(check: () => Promise<boolean> | boolean, within = 30_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await check())) {
    if (Date.now() > end) throw new Error("It did not come about in time.");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
