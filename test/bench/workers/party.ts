/**
 * The same with partyserver, as its documentation shows it: a room that stores each message, broadcasts it, sends a
 * newcomer what is there, and deletes what is acknowledged.
 */
import { type Connection, routePartykitRequest, Server, type WSMessage } from "partyserver";

const ID_SIZE = 8;

interface PartyEnv {
  readonly Room: DurableObjectNamespace<Room>;
}

export class Room extends Server {
  static override options = { hibernate: true };

  override onStart(): void {
    this.ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    );
  }

  override async onRequest(request: Request): Promise<Response> {
    const body = new Uint8Array(await request.arrayBuffer());
    const { id } = this.ctx.storage.sql
      .exec<{ id: number }>("INSERT INTO message (body) VALUES (?) RETURNING id", body)
      .one();
    this.broadcast(frame(id, body));
    return new Response("{}", { status: 201 });
  }

  override onConnect(connection: Connection): void {
    const rows = this.ctx.storage.sql.exec<{ id: number; body: ArrayBuffer }>(
      "SELECT id, body FROM message ORDER BY id",
    );
    for (const { id, body } of rows) connection.send(frame(id, new Uint8Array(body)));
  }

  override onMessage(connection: Connection, message: WSMessage): void {
    if (!(message instanceof ArrayBuffer)) return;
    const ids = new Float64Array(message);
    for (const id of ids) this.ctx.storage.sql.exec("DELETE FROM message WHERE id = ?", id);
    connection.send(new Float64Array([ids.length]).buffer);
  }

  /** The platform leaves the closing handshake half done, and the other side waiting for it. */
  override onClose(connection: Connection): void {
    connection.close();
  }
}

function frame(id: number, body: Uint8Array): ArrayBuffer {
  const octets = new Uint8Array(ID_SIZE + body.length);
  new DataView(octets.buffer).setFloat64(0, id, true);
  octets.set(body, ID_SIZE);
  return octets.buffer;
}

export default {
  async fetch(request, env) {
    // It is typed for the bindings of the project that it is installed in.
    const answer = await routePartykitRequest(request, env as unknown as Cloudflare.Env);
    return answer ?? new Response(null, { status: 404 });
  },
} satisfies ExportedHandler<PartyEnv>;
