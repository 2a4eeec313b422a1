/** What a caller is told of something thrown, whatever it was. */
import { ProblemError } from "./problem.ts";

export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  // The platform's word that an object moved, is overloaded or lost its storage: nothing is known to be wrong.
  if (isPassing(error)) return new ProblemError("unavailable");
  // Only the kind of error: a message could quote an address, a token or a body.
  console.error("a request failed:", error instanceof Error ? error.name : "unknown failure");
  return new ProblemError("internal");
}

function isPassing(error: unknown): boolean {
  const { retryable, overloaded, durableObjectReset } = (error ?? {}) as {
    retryable?: boolean;
    overloaded?: boolean;
    durableObjectReset?: boolean;
  };
  return retryable === true || overloaded === true || durableObjectReset === true;
}
