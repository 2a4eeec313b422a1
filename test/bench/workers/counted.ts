/**
 * The relay with counters around what the platform bills: calls of an object, frames that it is sent, rows, alarms, and
 * how long each object was awake. `GET /bench/counters` tells and sets them to zero. Built as a Worker of its own.
 */
import relay, { Mailbox as RelayMailbox } from "../../../src/relay/index.ts";

export { OneTimeCode } from "../../../src/relay/index.ts";

interface Counters {
  workerRequests: number;
  /** RPC calls, and requests to open a socket. */
  objectCalls: number;
  framesIn: number;
  alarmsRun: number;
  alarmsSet: number;
  rowsRead: number;
  rowsWritten: number;
  /** ms in which an object had a call or an event that was not over, summed over objects. */
  awake: number;
}

const NONE: Counters = {
  ...{ workerRequests: 0, objectCalls: 0, framesIn: 0, alarmsRun: 0, alarmsSet: 0 },
  ...{ rowsRead: 0, rowsWritten: 0, awake: 0 },
};
const counters = { ...NONE };

type Cursors = SqlStorageCursor<Record<string, SqlStorageValue>>[];

/** What the platform calls by itself; all else is called by the Worker. */
const EVENTS: Readonly<Record<string, keyof Counters | undefined>> = {
  webSocketMessage: "framesIn",
  alarm: "alarmsRun",
};
const UNBILLED = ["constructor", "webSocketClose", "webSocketError"];

export class Mailbox extends RelayMailbox {
  /** Read before the object rests: a cursor counts on while it is read from, and only its object may look at it. */
  readonly #cursors: Cursors;
  #busy = 0;
  #since = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    const cursors = watchStorage(ctx.storage);
    super(ctx, env);
    this.#cursors = cursors;
  }

  enter(): void {
    if (this.#busy++ === 0) this.#since = Date.now();
  }

  leave(): void {
    if (--this.#busy > 0) return;
    counters.awake += Date.now() - this.#since;
    for (const { rowsRead, rowsWritten } of this.#cursors.splice(0)) {
      counters.rowsRead += rowsRead;
      counters.rowsWritten += rowsWritten;
    }
  }
}

for (const name of Object.getOwnPropertyNames(RelayMailbox.prototype)) {
  const method: unknown = Reflect.get(RelayMailbox.prototype, name);
  if (typeof method !== "function" || UNBILLED.includes(name)) continue;
  const counted = EVENTS[name] ?? "objectCalls";
  Object.defineProperty(Mailbox.prototype, name, {
    configurable: true,
    value(this: Mailbox, ...args: unknown[]) {
      counters[counted]++;
      this.enter();
      const done: unknown = method.apply(this, args);
      if (done instanceof Promise) return done.finally(() => this.leave());
      this.leave();
      return done;
    },
  });
}

function watchStorage(storage: DurableObjectStorage): Cursors {
  const cursors: Cursors = [];
  const exec = storage.sql.exec.bind(storage.sql);
  replace(storage.sql, "exec", (...args: Parameters<typeof exec>) => {
    const cursor = exec(...args);
    cursors.push(cursor);
    return cursor;
  });
  const setAlarm = storage.setAlarm.bind(storage);
  replace(storage, "setAlarm", (...args: Parameters<typeof setAlarm>) => {
    counters.alarmsSet++;
    return setAlarm(...args);
  });
  return cursors;
}

function replace(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { configurable: true, value });
}

function takeCounters(): Counters {
  const taken = { ...counters };
  Object.assign(counters, NONE);
  return taken;
}

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/bench/counters") return Response.json(takeCounters());
    counters.workerRequests++;
    return relay.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
