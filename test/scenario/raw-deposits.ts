/** A sender on the deposit socket, made of protocol pieces only: it can send what a well-behaved client never would. */
import {
  DEPOSIT_SUBPROTOCOL,
  decodeDepositAnswers,
  encodeDeposits,
  type NumberedDeposit,
} from "../../src/protocol/deposit-frames.ts";
import { anyEnvelope, type RawDevice, RawSocket } from "./raw-device.ts";

export class RawDeposits extends RawSocket {
  static async open(origin: string): Promise<RawDeposits> {
    const url = `${origin.replace("http", "ws")}/v1/deposits`;
    const raw = new RawDeposits(new WebSocket(url, [DEPOSIT_SUBPROTOCOL]));
    await raw.opened;
    return raw;
  }

  sendItems(...items: NumberedDeposit[]): void {
    this.send(encodeDeposits(items));
  }

  /** Waits for so many answers: by number, the state or the code of each. */
  async answers(count: number): Promise<Record<number, string>> {
    const told: Record<number, string> = {};
    while (Object.keys(told).length < count)
      for (const { number, result } of decodeDepositAnswers(await this.next()) ?? []) {
        if (number in told) throw new Error(`${number} was answered twice`);
        told[number] = "state" in result ? result.state : result.code;
      }
    return told;
  }

  exchange(...items: NumberedDeposit[]): Promise<Record<number, string>> {
    this.sendItems(...items);
    return this.answers(items.length);
  }
}

/** An item for a device, all right but for `change`. */
export function itemTo(
  device: RawDevice,
  number: number,
  change: Partial<NumberedDeposit> = {},
): NumberedDeposit {
  const { address, deliveryToken: bearer } = device;
  return { number, address, bearer, ttlSeconds: 3600, envelope: anyEnvelope(), ...change };
}
