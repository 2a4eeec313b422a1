import { InvalidArgumentError } from "commander";
import { MAX_TTL_SECONDS } from "../protocol/limits.ts";

const SECONDS = { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/** Longest that a command may be told to wait, in seconds: a day. A timer of Node's holds 24 of them at most. */
const MAX_WAIT = SECONDS.d;

/** Reads `90s`, `5m`, `1h`, `7d`, or `0` for now or never. @returns seconds */
export function parseTtl(text: string): number {
  const seconds = parseDuration(text);
  if (seconds > MAX_TTL_SECONDS) throw new InvalidArgumentError("No relay holds a message longer than 7d.");
  return seconds;
}

/** Reads how long to wait. @returns seconds */
export function parseWait(text: string): number {
  const seconds = parseDuration(text);
  if (seconds > MAX_WAIT) throw new InvalidArgumentError("Wait for a day, 1d, at most.");
  return seconds;
}

function parseDuration(text: string): number {
  const [, count = "", unit = ""] = /^([0-9]{1,6})([smhd]?)$/.exec(text) ?? [];
  const seconds =
    unit === "" ? (count === "0" ? 0 : undefined) : Number(count) * SECONDS[unit as keyof typeof SECONDS];
  if (seconds === undefined) throw new InvalidArgumentError("Give a number and s, m, h or d, such as 1h.");
  return seconds;
}
