/** A relay's end of deposit sockets, in memory: it reads real frames, holds to the limits, and answers when told. */
import { CLOSE } from "../../../src/protocol/close.ts";
import {
  DEPOSIT_SUBPROTOCOL,
  decodeDeposits,
  encodeDepositAnswers,
  type NumberedAnswer,
  type NumberedDeposit,
} from "../../../src/protocol/deposit-frames.ts";
import { DepositWindow } from "../../../src/relay/deposit-socket/window.ts";

export class PretendedSocket extends EventTarget {
  static made: PretendedSocket[] = [];

  readonly url: string;
  readonly protocols: string[];
  readonly frames: NumberedDeposit[][] = [];
  binaryType = "blob";
  readyState = 0;
  /** With what this side closed it. */
  closedWith: number | undefined;
  readonly #window = new DepositWindow();

  constructor(url: string, protocols: string[]) {
    super();
    this.url = url;
    this.protocols = protocols;
    if (protocols.join() !== DEPOSIT_SUBPROTOCOL) throw new Error("not what this relay speaks");
    PretendedSocket.made.push(this);
  }

  /** Opens, and has nothing in hand yet. */
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  send(octets: Uint8Array): void {
    if (this.readyState !== 1) throw new Error("not open");
    const items = decodeDeposits(octets);
    const verdict = typeof items === "string" ? items : this.#window.take(items);
    if (typeof items === "string" || verdict !== "taken") throw new Error(`a frame that is ${verdict}`);
    this.frames.push(items);
  }

  get unanswered(): NumberedDeposit[] {
    return this.frames.flat().filter(({ number }) => !this.#answered.has(number));
  }

  readonly #answered = new Set<number>();

  /** Answers items in one frame; by default, that they are held. */
  answer(
    items: readonly NumberedDeposit[],
    result: NumberedAnswer["result"] = { state: "held", heldUntil: 7 },
  ): void {
    this.#window.answered(items);
    for (const { number } of items) this.#answered.add(number);
    this.say(encodeDepositAnswers(items.map(({ number }) => ({ number, result }))));
  }

  say(octets: Uint8Array): void {
    this.dispatchEvent(new MessageEvent("message", { data: new Uint8Array(octets).buffer }));
  }

  /** Ends, with what was sent unanswered. */
  lose(code: number = CLOSE.unavailable.code): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }

  close(code: number): void {
    this.closedWith ??= code;
    this.readyState = 3;
  }
}
