import { isProblemCode, type Problem, type ProblemCode } from "../protocol/problem-codes.ts";

/** The relay refused, and said why: an RFC 9457 problem of the table in protocol/problems.ts. */
export class RelayProblem extends Error {
  override readonly name = "RelayProblem";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }

  get code(): ProblemCode {
    return this.problem.code;
  }
}

/** No answer: no network, no relay, a connection cut off. Whether the request took effect is not known. */
export class RelayUnreachableError extends Error {
  override readonly name = "RelayUnreachableError";
}

/** An answer that is not the protocol's: something else is listening there, or the relay is not ours. */
export class RelayProtocolError extends Error {
  override readonly name = "RelayProtocolError";
}

/** The device has not agreed, or no longer: nothing was sent. */
export class NoConsentError extends Error {
  override readonly name = "NoConsentError";
}

/** Whether it is about the relay, or the way to it, and not about this device. */
export function isRelayError(error: unknown): boolean {
  return (
    error instanceof RelayProblem ||
    error instanceof RelayUnreachableError ||
    error instanceof RelayProtocolError
  );
}

/** Whether the same request may succeed later: the relay was not reached, or it was too busy to say. */
export function isTransient(error: unknown): boolean {
  if (error instanceof RelayUnreachableError) return true;
  if (!(error instanceof RelayProblem)) return false;
  return error.code === "rate-limited" || error.problem.status >= 500;
}

export function readProblem(body: unknown): Problem | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { code, status } = body as Partial<Problem>;
  return isProblemCode(code) && typeof status === "number" ? (body as Problem) : undefined;
}
