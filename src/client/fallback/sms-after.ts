/** How long a text may wait for its recipient before it goes by SMS, as apps and people write it. */
import { DAY } from "../../protocol/limits.ts";

const UNITS = { s: 1000, m: 60 * 1000, h: 60 * 60 * 1000 } as const;

/** Well before the text's own time ends, after which the relay's word on it ends too. */
const LONGEST = DAY;

/** Reads `15s`, `2m`, `1h`, up to a day. @returns milliseconds. @throws RangeError */
export function readSmsAfter(text: string): number {
  const [, count = "", unit = "s"] = /^([0-9]{1,6})([smh])$/.exec(text) ?? [];
  const milliseconds = count === "" ? Number.NaN : Number(count) * UNITS[unit as keyof typeof UNITS];
  if (!(milliseconds <= LONGEST)) throw new RangeError("smsAfter: 0s to 24h expected, such as 15s");
  return milliseconds;
}
