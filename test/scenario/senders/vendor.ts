/**
 * A vendor's server on this machine, as strict as the real one: what its API does not take, it does not take. What it
 * got wrong is also kept, so that a test sees it even where the relay's answer would be the same.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

/** What happens to the next request instead of an answer: `cut` ends the connection. */
export type Trouble = Answer | "cut";

export abstract class Vendor {
  /** Requests that the API does not take, and why. */
  readonly violations: string[] = [];
  /** Codes as they arrived on people's phones: by number, the newest last. */
  readonly phones = new Map<string, string[]>();
  requests = 0;
  readonly #server: Server;
  #trouble: Trouble | undefined;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  protected abstract answer(request: Received): Answer | Promise<Answer>;

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Once, to the next request. */
  fail(trouble: Trouble): void {
    this.#trouble = trouble;
  }

  code(number: string): string {
    return this.phones.get(number)?.at(-1) ?? "";
  }

  protected deliver(number: string, code: string): void {
    this.phones.set(number, [...(this.phones.get(number) ?? []), code]);
  }

  protected violation(what: string): void {
    this.violations.push(what);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const trouble = this.#trouble;
    this.#trouble = undefined;
    if (trouble === "cut") return void request.socket.destroy();
    const answer =
      trouble ??
      (await this.answer({
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(parts).toString("utf8"),
      }));
    const type = answer.json === undefined ? {} : { "content-type": "application/json" };
    response.writeHead(answer.status, { ...type, ...answer.headers });
    response.end(answer.json === undefined ? undefined : JSON.stringify(answer.json));
  }
}

/** The fields of a form, when it is one of exactly these, each once. */
export function readForm(
  { headers, body }: Received,
  ...names: string[]
): Record<string, string> | undefined {
  if (!/^application\/x-www-form-urlencoded(;\s*charset=utf-8)?$/i.test(headers["content-type"] ?? ""))
    return undefined;
  const form = new URLSearchParams(body);
  const same = [...form.keys()].sort().join() === [...names].sort().join();
  return same ? Object.fromEntries(form) : undefined;
}

/** A JSON object of exactly these texts. */
export function readJson(
  { headers, body }: Received,
  ...names: string[]
): Record<string, string> | undefined {
  if (!/^application\/json(;\s*charset=utf-8)?$/i.test(headers["content-type"] ?? "")) return undefined;
  try {
    const json = JSON.parse(body) as Record<string, unknown>;
    const same = Object.keys(json).sort().join() === [...names].sort().join();
    return same && Object.values(json).every((value) => typeof value === "string")
      ? (json as Record<string, string>)
      : undefined;
  } catch {
    return undefined;
  }
}
