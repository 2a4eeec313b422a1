/**
 * The floor: a Worker and a Durable Object that do what is asked and nothing else. No router, no proof, no limits, no
 * expiry, no state. What Restante takes beyond it is the price of all that it promises.
 */
import { DurableObject } from "cloudflare:workers";

const ID_SIZE = 8;

interface FloorEnv {
  readonly BOX: DurableObjectNamespace<Box>;
}

export class Box extends DurableObject<FloorEnv> {
  readonly #sql: SqlStorage;
  readonly #waiting = new Map<number, () => void>();
  #lastShown = 0;

  #hasTable = false;

  constructor(ctx: DurableObjectState, env: FloorEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
  }

  /** Nothing: the call alone. */
  async call(body: Uint8Array): Promise<number> {
    return body.length;
  }

  /** One row, and the answer when it is durable. */
  async insert(body: Uint8Array): Promise<void> {
    this.#makeTable();
    this.#sql.exec("INSERT INTO message (body) VALUES (?)", body);
  }

  /** To the socket and back, without one row. Ids below zero are of what is not stored. */
  async show(body: Uint8Array): Promise<void> {
    const [socket] = this.ctx.getWebSockets();
    const id = --this.#lastShown;
    const acknowledged = new Promise<void>((resolve) => this.#waiting.set(id, resolve));
    if (socket !== undefined) send(socket, id, body);
    await acknowledged;
  }

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#makeTable();
    const rows = this.#sql.exec<{ id: number; body: ArrayBuffer }>(
      "SELECT id, body FROM message ORDER BY id",
    );
    for (const { id, body } of rows) send(server, id, new Uint8Array(body));
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    if (typeof data === "string") return;
    const ids = new Float64Array(data);
    for (const id of ids) {
      if (id > 0) this.#sql.exec("DELETE FROM message WHERE id = ?", id);
      this.#waiting.get(id)?.();
      this.#waiting.delete(id);
    }
    socket.send(new Float64Array([ids.length]).buffer);
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  /** Not before it is needed: a call alone touches no disk. */
  #makeTable(): void {
    if (this.#hasTable) return;
    this.#sql.exec("CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, body BLOB NOT NULL)");
    this.#hasTable = true;
  }
}

function send(socket: WebSocket, id: number, body: Uint8Array): void {
  const frame = new Uint8Array(ID_SIZE + body.length);
  new DataView(frame.buffer).setFloat64(0, id, true);
  frame.set(body, ID_SIZE);
  socket.send(frame.buffer);
}

export default {
  async fetch(request, env) {
    const [, what, name = ""] = new URL(request.url).pathname.split("/");
    const box = env.BOX.get(env.BOX.idFromName(name));
    if (what === "socket") return box.fetch(request);
    const body = new Uint8Array(await request.arrayBuffer());
    if (what === "call") await box.call(body);
    if (what === "insert") await box.insert(body);
    if (what === "show") await box.show(body);
    return new Response("{}", { status: 201 });
  },
} satisfies ExportedHandler<FloorEnv>;
