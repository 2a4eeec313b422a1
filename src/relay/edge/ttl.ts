/** The TTL of a deposit (RFC 8030 §5.2): one or more digits, seconds. */
import { ProblemError } from "./problem.ts";

/** RFC 8030 asks for the range of a 31-bit integer; more is no lifetime but a mistake. */
const MAX_TTL = 2 ** 31 - 1;

/**
 * @param ceiling seconds: a sender may ask for more and is granted this
 * @returns the seconds granted
 * @throws ProblemError `ttl-missing`, `ttl-invalid`
 */
export function readTtl(field: string | undefined, ceiling: number): number {
  if (field === undefined) throw new ProblemError("ttl-missing");
  if (!/^[0-9]+$/.test(field)) throw new ProblemError("ttl-invalid");
  return grantTtl(Number(field), ceiling);
}

/** The same of a number that was read already. */
export function grantTtl(seconds: number, ceiling: number): number {
  if (seconds > MAX_TTL) throw new ProblemError("ttl-invalid");
  return Math.min(seconds, ceiling);
}
