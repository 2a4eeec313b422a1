/** What the mailbox's tests play with: a mailbox of their own, senders' envelopes, and a device on a real socket. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { encodeEnvelope } from "../../../src/protocol/envelope.ts";
import { decodeRelayFrame, encodeAcknowledge, type RelayFrame } from "../../../src/protocol/frames.ts";
import type { OneTimeKey } from "../../../src/protocol/one-time-key.ts";
import { currentNotice } from "../../../src/relay/consent/notice.ts";
import { NONCE_HEADER } from "../../../src/relay/mailbox/calls.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";

export type Stub = DurableObjectStub<Mailbox>;

export const ADDRESS = "stage-address";
/** Long enough for a loaded machine, short enough to fail a test by. */
const PATIENCE = 3000;

export function absentMailbox(): Stub {
  return env.MAILBOX.get(env.MAILBOX.newUniqueId());
}

export interface Stage {
  readonly stub: Stub;
  readonly epoch: Uint8Array;
  readonly consentId: string;
  /** A nonce that was not used yet. */
  nonce(): number;
}

/** @param introductions whether strangers may begin */
export async function openMailbox(introductions = false): Promise<Stage> {
  const stub = absentMailbox();
  let nonce = 1;
  const consentId = crypto.randomUUID();
  const { version: noticeVersion } = currentNotice(env);
  const opened = await stub.open({ consentId, address: ADDRESS, noticeVersion, nonce, introductions });
  if (opened.outcome !== "opened") throw new Error(opened.outcome);
  await stub.confirm(consentId, introductions);
  return { stub, epoch: opened.epoch, consentId, nonce: () => ++nonce };
}

/** An envelope that can be told apart by its number; 2 KiB unless `size` says otherwise. */
export function envelope(number: number, size = 2048): Uint8Array {
  const tag = new Uint8Array(16);
  new DataView(tag.buffer).setUint32(12, number);
  return encodeEnvelope(tag, crypto.getRandomValues(new Uint8Array(size - 17)));
}

export function numberOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(13);
}

export function randomKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** The mailbox verifies no signature (the edge has), so any octets will do. */
export function oneTimeKey(expires: number, lastResort = false): OneTimeKey {
  const publicKey = crypto.getRandomValues(new Uint8Array(1216));
  return { publicKey, lastResort, expires, signature: crypto.getRandomValues(new Uint8Array(64)) };
}

/** A device's end of the socket. */
export class Device {
  readonly received: RelayFrame[] = [];
  /** The code with which it was closed. */
  readonly closed: Promise<number>;
  closeCode: number | undefined;
  /** Called with each message as it comes. */
  onMessage: (frame: RelayFrame & { kind: "message" }) => void = () => {};
  readonly #socket: WebSocket;
  #texts: string[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code }) => {
        this.closeCode = code;
        resolve(code);
      });
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") {
        this.#texts.push(data);
        return;
      }
      const frame = decodeRelayFrame(new Uint8Array(data as ArrayBuffer));
      if (frame === undefined) throw new Error("not a relay frame");
      this.received.push(frame);
      if (frame.kind === "message") this.onMessage(frame);
    });
    socket.binaryType = "arraybuffer";
    socket.accept();
  }

  static async connect(stub: Stub, nonce: number): Promise<Device> {
    return Device.on(await upgrade(stub, nonce));
  }

  static on({ webSocket, status }: Response): Device {
    if (webSocket === null) throw new Error(`no socket: ${status}`);
    return new Device(webSocket);
  }

  get messages(): (RelayFrame & { kind: "message" })[] {
    return this.received.filter((frame) => frame.kind === "message");
  }

  /** The numbers of the envelopes that came, in order. */
  get numbers(): number[] {
    return this.messages.map(({ body }) => numberOf(body));
  }

  get erased(): { id: number; erased: boolean }[] {
    return this.received.flatMap((frame) => (frame.kind === "erased" ? frame.results : []));
  }

  get isCaughtUp(): boolean {
    return this.received.some(({ kind }) => kind === "caught-up");
  }

  /** Acknowledges each message as it comes. */
  acknowledgeAll(): void {
    this.onMessage = ({ id }) => this.acknowledge(id);
  }

  acknowledge(...ids: number[]): void {
    this.send(encodeAcknowledge(ids));
  }

  send(data: Uint8Array | string): void {
    this.#socket.send(data);
  }

  async ping(): Promise<string> {
    this.#socket.send("ping");
    await until(() => this.#texts.length > 0, "an answer to ping");
    return this.#texts[0] ?? "";
  }

  close(): void {
    this.#socket.close(1000);
  }

  caughtUp(): Promise<void> {
    return until(() => this.isCaughtUp, "caught-up");
  }

  receives(messages: number): Promise<void> {
    return until(() => this.messages.length >= messages, `${messages} messages`);
  }

  confirms(acknowledged: number): Promise<void> {
    return until(() => this.erased.length >= acknowledged, `${acknowledged} confirmations`);
  }
}

/** A mailbox with a device that is connected and caught up. */
export async function live(): Promise<Stage & { device: Device }> {
  const stage = await openMailbox();
  const device = await Device.connect(stage.stub, stage.nonce());
  await device.caughtUp();
  return { ...stage, device };
}

export function upgrade(stub: Stub, nonce: number): Promise<Response> {
  return stub.fetch("https://relay.test/v1/mailbox/socket", {
    headers: { Upgrade: "websocket", [NONCE_HEADER]: String(nonce) },
  });
}

/** Waits for real input and output to get somewhere. */
export async function until(condition: () => boolean, what: string, patience = PATIENCE): Promise<void> {
  // performance, because tests fake Date.
  const end = performance.now() + patience;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await scheduler.wait(1);
  }
}

/** Looks into the object's real storage, or breaks it. */
export function inStorage<T>(
  stub: Stub,
  work: (sql: SqlStorage, state: DurableObjectState) => T,
): Promise<T> {
  return runInDurableObject(stub, (_mailbox: Mailbox, state) => work(state.storage.sql, state));
}

export function tables(stub: Stub): Promise<string[]> {
  return inStorage(stub, (sql) =>
    sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'")
      .toArray()
      .map(({ name }) => name),
  );
}

export function rows(stub: Stub, table: string): Promise<Record<string, SqlStorageValue>[]> {
  return inStorage(stub, (sql) => sql.exec(`SELECT * FROM ${table}`).toArray());
}

/** From now on no commit succeeds that has writes in it, nor deleteAll(). Returns how to mend it. */
export function failWrites(stub: Stub): Promise<() => void> {
  return inStorage(stub, (sql, { storage }) => {
    const exec = sql.exec.bind(sql);
    const commit = storage.transactionSync.bind(storage);
    let cursors: { rowsWritten: number }[] = [];
    replace(sql, "exec", (...args: Parameters<typeof exec>) => {
      const cursor = exec(...args);
      cursors.push(cursor);
      return cursor;
    });
    replace(
      storage,
      "transactionSync",
      <T>(work: () => T): T =>
        commit(() => {
          cursors = [];
          const done = work();
          if (cursors.some(({ rowsWritten }) => rowsWritten > 0)) throw new Error("disk full");
          return done;
        }),
    );
    replace(storage, "deleteAll", () => Promise.reject(new Error("disk full")));
    return () => {
      Reflect.deleteProperty(sql, "exec");
      Reflect.deleteProperty(storage, "transactionSync");
      Reflect.deleteProperty(storage, "deleteAll");
    };
  });
}

function replace(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { configurable: true, value });
}
