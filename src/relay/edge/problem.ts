/** The one place that turns a problem code into an answer (RFC 9457). */
import { PROBLEM_MEDIA_TYPE, type ProblemCode } from "../../protocol/problem-codes.ts";
import { problem } from "../../protocol/problems.ts";

/** Thrown by the edge and the routes; app.ts renders it. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  /** Seconds, where the code alone does not say when trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, retryAfter?: number) {
    super(code);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/**
 * Seconds after which trying again makes sense: the period of the rate limits; a time in which a device may
 * have come online and emptied its mailbox; one after which a new UTC day may have begun (when exactly, the caller
 * knows, and all such answers stay the same bytes); and one in which an object has moved to a sound machine.
 */
const RETRY_AFTER: Partial<Record<ProblemCode, number>> = {
  "rate-limited": 60,
  "mailbox-full": 600,
  "claim-limit": 3600,
  unavailable: 5,
};

/** Seconds, or undefined where no time can be named. */
export function retryAfterOf({ code, retryAfter }: ProblemError): number | undefined {
  return retryAfter ?? RETRY_AFTER[code];
}

/** The same bytes for the same code, whatever lies behind it; only `retryAfter` may differ. */
export function problemResponse(code: ProblemCode, retryAfter = RETRY_AFTER[code]): Response {
  const body = problem(code);
  const headers = new Headers({ "content-type": PROBLEM_MEDIA_TYPE, "cache-control": "no-store" });
  if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
  if (code === "not-authorized") headers.set("www-authenticate", "Bearer");
  if (code === "upgrade-required") headers.set("upgrade", "websocket");
  return new Response(JSON.stringify(body), { status: body.status, headers });
}
