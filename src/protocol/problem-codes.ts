/**
 * The codes of all errors that a client can meet, and the form that they come in: RFC 9457 problem details. What a
 * code stands for is in problems.ts; a client needs none of those texts, for each comes with its code.
 */
const PROBLEM_CODES = [
  "malformed-request",
  "malformed-json",
  "malformed-address",
  "malformed-key",
  "malformed-number",
  "malformed-element",
  "ttl-missing",
  "ttl-invalid",
  "not-sealed",
  "statement-invalid",
  "statement-expired",
  "withdrawal-invalid",
  "jurisdiction-unavailable",
  "signature-missing",
  "signature-invalid",
  "signature-expired",
  "digest-mismatch",
  "ticket-invalid",
  "not-authorized",
  "purpose-not-granted",
  "number-not-verified",
  "proof-invalid",
  "country-not-served",
  "code-wrong",
  "not-found",
  "no-consent",
  "no-receipt",
  "no-deposit",
  "no-one-time-key",
  "no-directory",
  "no-bucket",
  "no-verification",
  "notice-superseded",
  "consent-used",
  "withdrawal-in-progress",
  "nonce-used",
  "already-delivered",
  "proof-superseded",
  "too-large",
  "unsupported-media-type",
  "upgrade-required",
  "mailbox-full",
  "claim-limit",
  "budget-spent",
  "resend-too-soon",
  "rate-limited",
  "internal",
  "unavailable",
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
}

export function isProblemCode(code: unknown): code is ProblemCode {
  return PROBLEM_CODES.some((known) => known === code);
}
