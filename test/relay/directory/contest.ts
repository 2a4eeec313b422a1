/** Two devices and one number: what a claim on a route does to the one that had it. The clock is vitest's. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { anyNumber, Listed, seeker } from "./stage.ts";

export const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

/** Two who have shown the same number to be theirs, the second later; and who looks it up. */
export async function contested() {
  const number = anyNumber();
  const old = await Listed.under(number);
  pass(1000);
  const young = await Listed.agreeing();
  const bert = await seeker();
  const found = async () => (await bert.find(number))?.address;
  return { number, old, young, found };
}

export const stub = ({ address }: Listed) => env.MAILBOX.get(env.MAILBOX.idFromName(address));

export async function kinds({ consentId }: Listed): Promise<string[]> {
  const { results } = await env.RECORDS.prepare(
    "SELECT kind FROM consent_event WHERE consent_id = ? ORDER BY position",
  )
    .bind(consentId)
    .all<{ kind: string }>();
  return results.map(({ kind }) => kind);
}

export async function mailboxRow(listed: Listed) {
  return runInDurableObject(stub(listed), (_: Mailbox, { storage }) =>
    storage.sql.exec("SELECT * FROM mailbox").one(),
  );
}
