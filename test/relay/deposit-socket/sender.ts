/** A sender on the deposit socket, inside workerd: what it sends, and what it hears, by number. */
import { env } from "cloudflare:workers";
import {
  DEPOSIT_SUBPROTOCOL,
  decodeDepositAnswers,
  encodeDeposits,
  type NumberedAnswer,
  type NumberedDeposit,
} from "../../../src/protocol/deposit-frames.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { app } from "../../../src/relay/app.ts";
import { envelope, ORIGIN } from "../edge/signing-device.ts";

export const upgradeRequest = (headers: Record<string, string> = {}) =>
  new Request(ORIGIN + ROUTES.depositSocket, {
    headers: {
      "cf-connecting-ip": `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join(".")}`,
      upgrade: "websocket",
      "sec-websocket-protocol": DEPOSIT_SUBPROTOCOL,
      ...headers,
    },
  });

/** An item with what is not given filled in. */
export const item = (
  number: number,
  change: Partial<NumberedDeposit> & Pick<NumberedDeposit, "address" | "bearer">,
): NumberedDeposit => ({ number, ttlSeconds: 60, envelope: envelope(), ...change });

export class SocketSender {
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  /** Frames in the order in which they came. */
  readonly #frames: NumberedAnswer[][] = [];
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.accept();
    socket.binaryType = "arraybuffer";
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    socket.addEventListener("message", ({ data }) => {
      const answers = typeof data === "string" ? undefined : decodeDepositAnswers(new Uint8Array(data));
      if (answers === undefined) throw new Error("not a frame of answers");
      this.#frames.push(answers);
      this.#wake();
    });
  }

  static async open(bindings: Env = env): Promise<SocketSender> {
    const { status, webSocket } = await app.fetch(upgradeRequest(), bindings);
    if (status !== 101 || webSocket === null) throw new Error(`refused: ${status}`);
    return new SocketSender(webSocket);
  }

  send(...items: NumberedDeposit[]): void {
    this.sendOctets(encodeDeposits(items));
  }

  sendOctets(octets: Uint8Array | string): void {
    this.#socket.send(octets);
  }

  /** The next frame. */
  async frame(): Promise<NumberedAnswer[]> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits for so many answers: by number, the state or the code of each. */
  async answers(count: number): Promise<Record<number, string>> {
    const told: Record<number, string> = {};
    while (Object.keys(told).length < count)
      for (const { number, result } of await this.frame()) {
        if (number in told) throw new Error(`${number} was answered twice`);
        told[number] = "state" in result ? result.state : result.code;
      }
    return told;
  }

  /** Sends one frame and waits for all of its answers. */
  exchange(...items: NumberedDeposit[]): Promise<Record<number, string>> {
    this.send(...items);
    return this.answers(items.length);
  }

  close(): void {
    this.#socket.close(1000);
  }
}
