/**
 * The real Worker on bare workerd. Consents need D1, which workerd has only as a Worker of Miniflare's: so mailboxes are
 * opened by real consents to the same build under Miniflare, on the same storage and port, and that relay is stopped
 * before anything is measured. No call on the path of a message touches D1.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { builtWorker, startRelay } from "../../../src/local/built-relay.ts";
import type { ConsentGrantedAnswer } from "../../../src/protocol/answers.ts";
import { currentNoticeHash, RawDevice } from "../../scenario/raw-device.ts";
import { BODY_SIZE } from "../load/body.ts";
import { openDevice } from "../load/device-recipient.ts";
import { HttpConnections, requestHead } from "../load/http.ts";
import { inFlight } from "../load/in-flight.ts";
import { Recipients } from "../load/recipients.ts";
import { freePort } from "../machine/free-port.ts";
import type { ServerProcess } from "../machine/server-process.ts";
import { usageOfGroups } from "../machine/usage.ts";
import { startWorkerd } from "../machine/workerd.ts";
import type { Subject } from "../throughput/subject.ts";

const CONSENTS_AT_ONCE = 8;
const OPENED_AT_ONCE = 64;

/** A relay whose mailboxes are open, with the devices they belong to. */
export class BenchRelay {
  readonly port: number;
  readonly devices: RawDevice[];
  /** The inspector's port; 0 without one. */
  readonly inspector: number;
  readonly #folder: string;
  readonly #worker: string;
  readonly #vars: Record<string, string | number>;
  #server: ServerProcess | undefined;

  private constructor(parts: {
    port: number;
    devices: RawDevice[];
    folder: string;
    worker: string;
    vars: Record<string, string | number>;
    inspector?: number;
  }) {
    this.port = parts.port;
    this.inspector = parts.inspector ?? 0;
    this.devices = parts.devices;
    this.#folder = parts.folder;
    this.#worker = parts.worker;
    this.#vars = parts.vars;
  }

  /**
   * @param options.worker another build than the project's own
   * @param options.inspected with an inspector, for a profile
   * @param options.beside what else needs a relay with D1, before the bare one starts on the same origin
   */
  static async start(options: {
    folder: string;
    mailboxes: number;
    worker?: string;
    inspected?: boolean;
    beside?: (origin: string) => Promise<unknown>;
  }): Promise<BenchRelay> {
    const { folder } = options;
    const port = await freePort();
    const relay = await startRelay({ state: join(folder, "state"), port });
    let devices: RawDevice[];
    try {
      devices = await consenting(relay.origin, options.mailboxes);
      await options.beside?.(relay.origin);
    } finally {
      await relay.stop();
    }
    const { path, vars } = await builtWorker();
    const bench = new BenchRelay({
      ...{ port, devices, folder, worker: options.worker ?? path, vars },
      ...(options.inspected && { inspector: await freePort() }),
    });
    await bench.restart();
    return bench;
  }

  /**
   * The same with thousands of mailboxes, opened without a record of consent: see workers/opening.ts.
   *
   * @param options.opening that Worker, built
   */
  static async startOpened(options: {
    folder: string;
    mailboxes: number;
    opening: string;
  }): Promise<BenchRelay> {
    const { path, vars } = await builtWorker();
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const devices = Array.from({ length: options.mailboxes }, () => new RawDevice(origin));
    const { folder } = options;
    const opening = new BenchRelay({ port, devices, folder, worker: options.opening, vars });
    await opening.restart();
    const http = new HttpConnections(port);
    await inFlight(OPENED_AT_ONCE, devices, async (device) => {
      const head = requestHead({
        method: "POST",
        path: `/bench/mailboxes/${device.address}`,
        port,
        length: 0,
      });
      const { status, body } = await http.send(head, new Uint8Array());
      if (status !== 200) throw new Error(`opening a mailbox: ${status} ${body}`);
      device.deliveryToken = JSON.parse(body.toString()).deliveryToken;
    });
    http.close();
    await opening.stop();
    const bench = new BenchRelay({ port, devices, folder, worker: path, vars });
    await bench.restart();
    return bench;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#server?.pid ?? 0;
  }

  /** Starts workerd, or starts it anew after {@link stop}. */
  async restart(): Promise<void> {
    const { server } = await startWorkerd({
      ...{ folder: join(this.#folder, "workerd"), worker: this.#worker, port: this.port, vars: this.#vars },
      compatibilityDate: "2026-10-01",
      objects: { MAILBOX: "Mailbox", ONE_TIME_CODE: "OneTimeCode" },
      uniqueKey: (className) => `restante-${className}`,
      storage: join(this.#folder, "state", "v3", "do"),
      rateLimits: ["CLIENT_RATE", "MAILBOX_RATE"],
      ...(this.inspector > 0 && { inspector: this.inspector }),
    });
    this.#server = server;
  }

  usage() {
    return usageOfGroups([this.pid]);
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await this.#server?.stop(signal);
  }

  /** What a sender sends before an envelope. */
  depositHead(device: RawDevice, length: number): Buffer {
    return requestHead({
      ...{ method: "POST", path: `/v1/mailboxes/${device.address}/messages`, port: this.port, length },
      headers: {
        authorization: `Bearer ${device.deliveryToken}`,
        "content-type": "application/octet-stream",
        ttl: "3600",
      },
    });
  }
}

/** Devices that agreed to messaging. Each comes from an address of its own, or the rate limit would be met. */
async function consenting(origin: string, count: number): Promise<RawDevice[]> {
  const noticeHash = await currentNoticeHash(origin);
  const devices = Array.from({ length: count }, () => new RawDevice(origin));
  await inFlight(CONSENTS_AT_ONCE, devices, async (device) => {
    const answer = await device.signed("POST", "/v1/consents", {
      json: await device.statement({ noticeHash }),
      headers: { "cf-connecting-ip": [10, ...randomBytes(3)].join(".") },
    });
    if (answer.status !== 201) throw new Error(`consent: ${answer.status} ${await answer.text()}`);
    device.deliveryToken = ((await answer.json()) as ConsentGrantedAnswer).deliveryToken;
  });
  return devices;
}

export interface RestanteSubject extends Subject {
  /** Live deposits that were held instead, so far: the device did not acknowledge in time. */
  heldInstead(): number;
  /** Its own connections; the relay goes on. */
  close(): void;
}

/** As a subject: one POST a message. */
export function restanteSubject(relay: BenchRelay, size = BODY_SIZE): RestanteSubject {
  const http = new HttpConnections(relay.port);
  const heads = relay.devices.map((device) => relay.depositHead(device, size));
  const recipients = new Recipients((mailbox, hearing) => {
    const device = relay.devices[mailbox];
    if (device === undefined) throw new RangeError(`mailbox ${mailbox}`);
    return openDevice(device, hearing);
  });
  let [connected, heldInstead] = [false, 0];
  return {
    name: "Restante",
    shapes: ["held", "live"],
    settings: [
      "the built Worker on bare workerd: signatures, tokens, limits, expiry and all; storage on disk",
      "senders POST one envelope a request; each recipient has a mailbox socket of its own, and acknowledges at once what came together",
      "rate limiters count and never refuse: the load comes from one address",
    ],
    heldInstead: () => heldInstead,
    close: () => http.close(),
    async prepare(mailboxes) {
      if (mailboxes > heads.length) throw new RangeError(`${heads.length} mailboxes are open`);
    },
    async deposit(mailbox, body) {
      const { status, body: answer } = await http.send(heads[mailbox] ?? Buffer.alloc(0), body);
      if (status !== 201) throw new Error(`Restante answered ${status} ${answer}`);
      const state: string = JSON.parse(answer.toString()).state;
      if (connected && state === "held") heldInstead++;
      else if (state !== (connected ? "delivered" : "held")) throw new Error(`Restante said ${state}`);
    },
    async connect(mailboxes, arrived) {
      await recipients.connect(mailboxes, arrived);
      connected = true;
    },
    async disconnect() {
      connected = false;
      await recipients.disconnect();
    },
    drain: (counts) => recipients.drain(counts),
    usage: () => relay.usage(),
    async stop() {
      http.close();
      await relay.stop();
    },
  };
}
