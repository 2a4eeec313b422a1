import { InvalidArgumentError } from "commander";
import { MAX_TTL_SECONDS } from "../protocol/limits.ts";

const SECONDS = { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/** Reads `90s`, `5m`, `1h`, `7d`, or `0` for now or never. @returns seconds */
export function parseTtl(text: string): number {
  const [, count = "", unit = ""] = /^([0-9]{1,6})([smhd]?)$/.exec(text) ?? [];
  const seconds =
    unit === "" ? (count === "0" ? 0 : undefined) : Number(count) * SECONDS[unit as keyof typeof SECONDS];
  if (seconds === undefined) throw new InvalidArgumentError("Give a number and s, m, h or d, such as 1h.");
  if (seconds > MAX_TTL_SECONDS) throw new InvalidArgumentError("No relay holds a message longer than 7d.");
  return seconds;
}
