/** The TTL header field (RFC 8030 §5.2): one or more digits, seconds. Pure. */
import type { ProblemCode } from "../../protocol/problem-codes.ts";

/** RFC 8030 asks for the range of a 31-bit integer; more is no lifetime but a mistake. */
const MAX_TTL = 2 ** 31 - 1;

export type TtlReading =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly code: ProblemCode };

/** @param ceiling seconds: a sender may ask for more and is granted this */
export function readTtl(field: string | undefined, ceiling: number): TtlReading {
  if (field === undefined) return { ok: false, code: "ttl-missing" };
  if (!/^[0-9]+$/.test(field) || Number(field) > MAX_TTL) return { ok: false, code: "ttl-invalid" };
  return { ok: true, seconds: Math.min(Number(field), ceiling) };
}
