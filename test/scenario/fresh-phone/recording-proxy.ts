/**
 * Stands between a client and a relay as the lab's access point did, and keeps every octet that leaves the client. It
 * passes octets on as they come: the relay sees the client's own Host, so signatures are made and checked over what a
 * person would have configured.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class RecordingProxy {
  /** What came from the client, one a connection, in the order in which they were opened. */
  readonly #connections: Buffer[][] = [];
  readonly #sockets = new Set<Socket>();
  readonly #upgraded = new Set<Socket>();
  readonly #relay: URL;
  readonly #server: Server;

  private constructor(relay: string) {
    this.#relay = new URL(relay);
    this.#server = createServer((client) => this.#pass(client));
  }

  static async before(relay: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(relay);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** WebSockets that are open. */
  get webSockets(): number {
    return this.#upgraded.size;
  }

  /**
   * What has been heard since the last time, a connection an entry. Asked for between two requests, when no WebSocket is
   * open: connections are kept, and what comes next on one begins a request.
   */
  take(): Buffer[] {
    return this.#connections.map((chunks) => Buffer.concat(chunks.splice(0)));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(client: Socket): void {
    const heard: Buffer[] = [];
    this.#connections.push(heard);
    const relay = connect(Number(this.#relay.port), this.#relay.hostname);
    client.on("data", (chunk) => {
      heard.push(chunk);
      if (/^upgrade: websocket/im.test(chunk.toString("latin1"))) this.#upgraded.add(client);
    });
    client.on("close", () => this.#upgraded.delete(client));
    client.pipe(relay).pipe(client);
    for (const [socket, other] of [
      [client, relay],
      [relay, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
