import { describe, expect, it } from "vitest";
import { depositItemSize, type NumberedDeposit } from "../../../src/protocol/deposit-frames.ts";
import {
  MAX_SOCKET_DEPOSITS,
  MAX_UNANSWERED_BYTES,
  MAX_UNANSWERED_DEPOSITS,
} from "../../../src/protocol/limits.ts";
import { DepositWindow } from "../../../src/relay/deposit-socket/window.ts";

const item = (number: number, size = 2048): NumberedDeposit => ({
  ...{ number, address: "a", bearer: "b", ttlSeconds: 1, envelope: new Uint8Array(size) },
});
const items = (from: number, count: number) => Array.from({ length: count }, (_, i) => item(from + i));

describe("the window of a deposit socket", () => {
  it("takes so many unanswered, and again as many as are answered", () => {
    const window = new DepositWindow();
    const first = items(0, MAX_UNANSWERED_DEPOSITS - 1);
    expect(window.take(first)).toBe("taken");
    expect(window.take(items(1000, 2))).toBe("overrun");
    expect(window.take(items(1000, 1))).toBe("taken");
    window.answered(first.slice(0, 2));
    expect(window.take(items(2000, 3))).toBe("overrun");
    expect(window.take(items(2000, 2))).toBe("taken");
  });

  it("takes so many octets, headers counted", () => {
    const exact = item(1, MAX_UNANSWERED_BYTES - depositItemSize(item(1, 0)));
    const window = new DepositWindow();
    expect(window.take([item(1, exact.envelope.length + 1)])).toBe("overrun");
    expect(window.take([exact])).toBe("taken");
    expect(window.take([item(2, 0)])).toBe("overrun");
    window.answered([exact]);
    expect(window.take([item(2, 0)])).toBe("taken");
  });

  it("takes numbers that grow, over all frames", () => {
    const window = new DepositWindow();
    expect(window.take([item(0), item(7)])).toBe("taken");
    expect(window.take([item(7)])).toBe("malformed");
    expect(window.take([item(3)])).toBe("malformed");
    expect(window.take([])).toBe("malformed");
    expect(window.take([item(8)])).toBe("taken");
  });

  it("is used up after so many, whatever was answered", () => {
    const window = new DepositWindow();
    for (let at = 0; at < MAX_SOCKET_DEPOSITS; at += 100) {
      expect(window.isUsedUp).toBe(false);
      const frame = items(at, 100);
      expect(window.take(frame)).toBe("taken");
      expect(window.isEmpty).toBe(false);
      window.answered(frame);
    }
    expect([window.isUsedUp, window.isEmpty]).toEqual([true, true]);
    expect(window.take(items(9000, 1))).toBe("overrun");
  });
});
