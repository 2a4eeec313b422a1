import { SenderFailure } from "./sender.ts";

/** A person waits for the code meanwhile; twice this, for a token and a code, is within SENDING_TIME. */
const TIMEOUT = 10_000;

export interface Answer {
  readonly status: number;
  /** undefined when the body is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/**
 * One POST, followed nowhere: a redirect would carry a number to whoever is named in it.
 *
 * @throws SenderFailure when no answer comes
 */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string | URLSearchParams,
): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    return { status: response.status, body: readObject(await response.text()) };
  } catch {
    throw new SenderFailure("no answer");
  }
}

/** For an answer that is none of those expected. */
export function unexpected({ status }: Answer): SenderFailure {
  return new SenderFailure(`status ${status}`);
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
