/** A server under measurement: started on its core, in a process group of its own, and ended with that group. */
import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { onServerCore } from "./cores.ts";

/** How long a server may take to answer, and to end, ms: RabbitMQ on a busy machine. */
const PATIENCE = 60_000;

/** Lines of a server's own words that are kept, to be shown if it fails. */
const WORDS_KEPT = 30;

const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) signalGroup(pid, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

export class ServerProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #words: string[] = [];
  #isRunning = true;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    running.add(this.pid);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#words = [...this.#words, ...text.split("\n")].filter(Boolean).slice(-WORDS_KEPT);
      });
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => this.#words.push(error.message));
      child.once("close", () => {
        this.#isRunning = false;
        running.delete(this.pid);
        resolve();
      });
    });
  }

  /** Starts it and waits until `port` takes connections. */
  static async start(options: {
    command: string;
    args: readonly string[];
    port: number;
    env?: Record<string, string>;
    cwd?: string;
  }): Promise<ServerProcess> {
    const [command, args] = onServerCore(options.command, options.args);
    const child = spawn(command, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const server = new ServerProcess(child);
    const until = performance.now() + PATIENCE;
    while (!(await takesConnections(options.port))) {
      if (!server.#isRunning || performance.now() > until) {
        await server.stop("SIGKILL");
        throw new Error(`${options.command} did not start:\n${server.words}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return server;
  }

  /** What it said last. */
  get words(): string {
    return this.#words.join("\n");
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (!this.#isRunning) return;
    signalGroup(this.pid, signal);
    const late = setTimeout(() => signalGroup(this.pid, "SIGKILL"), PATIENCE / 4);
    await this.#ended;
    clearTimeout(late);
    // Whatever it had started and did not end itself.
    signalGroup(this.pid, "SIGKILL");
    this.#child.removeAllListeners();
  }
}

function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    if (pid > 0) process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
