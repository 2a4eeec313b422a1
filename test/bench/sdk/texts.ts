/**
 * From one app to another by the SDK, encryption included: how long a text takes from `send()` to the handler, and how
 * many there are in a second. Both devices share the load's processor, which no two people do.
 */
import type { Device } from "../../../src/client/device.ts";
import { percentile } from "../load/percentile.ts";

/** After so many the other side answers: no channel runs on for long unanswered. */
const ANSWERED_EACH = 30;
const AT_ONCE = 16;

export interface SdkFigures {
  /** ms from `send()` to the handler, one text after the other: median. */
  readonly median: number;
  readonly slowest: number;
  /** Texts a second: one after the other; and several sent without waiting for the first. */
  readonly inTurn: number;
  readonly atOnce: number;
}

export async function measureTexts(ann: Device, bo: Device, count: number): Promise<SdkFigures> {
  const ending = new AbortController();
  const handled = new Map<string, () => void>();
  const { address: toBo } = await ann.add(bo.card(), "Bo");
  const { address: toAnn } = await bo.add(ann.card(), "Ann");
  const reading = [ann, bo].map(async (device) => {
    for await (const { text } of device.inbox({ signal: ending.signal })) handled.get(text)?.();
  });
  const exchange = (from: Device, to: string, text: string) => {
    const arrived = new Promise<void>((resolve) => handled.set(text, resolve));
    return Promise.all([from.send(to, text), arrived]);
  };
  // Channels are founded both ways before anything is measured.
  await exchange(ann, toBo, "founding");
  await exchange(bo, toAnn, "founded");
  await exchange(ann, toBo, "known");

  const times: number[] = [];
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const before = performance.now();
    await exchange(ann, toBo, `text ${i}`);
    times.push(performance.now() - before);
    if (i % ANSWERED_EACH === 0) await exchange(bo, toAnn, `answer ${i}`);
  }
  const inTurn = times.length / ((performance.now() - began) / 1000);

  const beganAtOnce = performance.now();
  for (let i = 0; i < count; i += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => exchange(ann, toBo, `at once ${i + n}`)));
    await exchange(bo, toAnn, `answer at once ${i}`);
  }
  const texts = Math.ceil(count / AT_ONCE) * AT_ONCE;
  const atOnce = texts / ((performance.now() - beganAtOnce) / 1000);
  ending.abort();
  await Promise.all(reading);
  return { median: percentile(times, 0.5), slowest: percentile(times, 1), inTurn, atOnce };
}
