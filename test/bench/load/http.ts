/**
 * HTTP/1.1 over connections that stay, one request at a time on each, with heads made beforehand. `fetch` and
 * `node:http` take longer for a request than the relay for its answer: the load would be what is measured.
 */
import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export class HttpConnections {
  readonly #port: number;
  readonly #free: HttpConnection[] = [];
  readonly #all = new Set<HttpConnection>();

  constructor(port: number) {
    this.#port = port;
  }

  /** @param head up to and with the empty line; its Content-Length is the body's */
  async send(head: Buffer, body: Uint8Array): Promise<HttpAnswer> {
    const kept = this.#keptOpen();
    const connection = kept ?? this.#more();
    try {
      const answer = await connection.send(head, body);
      this.#free.push(connection);
      return answer;
    } catch (error) {
      // It was being closed as we wrote: a deposit may be repeated.
      if (kept !== undefined && connection.closedUnanswered) return this.send(head, body);
      throw error;
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  /** workerd closes what was idle for five seconds. */
  #keptOpen(): HttpConnection | undefined {
    let kept = this.#free.pop();
    while (kept?.isClosed) kept = this.#free.pop();
    return kept;
  }

  #more(): HttpConnection {
    const socket = connect(this.#port, "127.0.0.1");
    const connection = new HttpConnection(socket);
    this.#all.add(connection);
    socket.once("close", () => this.#all.delete(connection));
    return connection;
  }
}

class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (data) => this.#take(data));
    socket.on("error", (error) => this.#fail(error));
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Whether it ended before the first octet of an answer. */
  get closedUnanswered(): boolean {
    return this.isClosed && this.#received.length === 0;
  }

  send(head: Buffer, body: Uint8Array): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.cork();
      this.#socket.write(head);
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#fail(new Error(`an answer without Content-Length: ${head}`));
      return;
    }
    const end = headEnd + HEAD_END.length + Number(length);
    if (this.#received.length < end) return;
    const body = this.#received.subarray(headEnd + HEAD_END.length, end);
    this.#received = this.#received.subarray(end);
    const { resolve } = this.#waiting ?? {};
    this.#waiting = undefined;
    resolve?.({ status: Number(head.slice(9, 12)), body });
  }

  #fail(error: Error): void {
    const { reject } = this.#waiting ?? {};
    this.#waiting = undefined;
    reject?.(error);
    this.#socket.destroy();
  }
}

/** A head for {@link HttpConnections.send}. */
export function requestHead(options: {
  method: string;
  path: string;
  port: number;
  length: number;
  headers?: Record<string, string>;
}): Buffer {
  const headers = { host: `127.0.0.1:${options.port}`, ...options.headers, "content-length": options.length };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${options.method} ${options.path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
}
