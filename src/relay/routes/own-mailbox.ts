import { recordsOf } from "../consent/jurisdictions.ts";
import type { RelayContext } from "../edge/context.ts";
import { ProblemError } from "../edge/problem.ts";
import type { MailboxCalls } from "../mailbox/calls.ts";
import { mailboxOf } from "../mailbox/stub.ts";

/**
 * The mailbox of the device that signed the request.
 *
 * @throws ProblemError `no-consent` when there can be none in its jurisdiction
 */
export function ownMailbox(c: RelayContext): MailboxCalls {
  const mailbox = mailboxOf(c.env, c.var.device.address);
  if (mailbox === undefined) throw new ProblemError("no-consent");
  return mailbox;
}

/** The database of the same device's records. @throws as {@link ownMailbox} */
export function ownRecords(c: RelayContext): D1Database {
  ownMailbox(c);
  return recordsOf(c.env, c.var.device.address.text);
}
