/** The one place that finds a mailbox by its address, and holds it to the address's jurisdiction. */
import type { Address } from "../../protocol/address.ts";
import { objectsIn } from "../consent/jurisdictions.ts";
import type { MailboxCalls } from "./calls.ts";

/**
 * The stub of an address's mailbox. Making one wakes nothing.
 *
 * @param near where it shall be made, if this makes it and it is in no jurisdiction; afterwards it stays there
 * @returns undefined when the relay, or the platform under it, cannot hold a mailbox in the address's
 *   jurisdiction: it is then held nowhere, never somewhere else.
 */
export function mailboxOf(
  env: Env,
  address: Address,
  near?: DurableObjectLocationHint,
): MailboxCalls | undefined {
  const { jurisdiction } = address;
  const mailboxes = objectsIn(env, env.MAILBOX, jurisdiction);
  if (mailboxes === undefined) return undefined;
  const options = jurisdiction === "" && near !== undefined ? { locationHint: near } : undefined;
  // calls.ts states what the stub can do; the platform's inferred RPC types say the same at great length.
  return mailboxes.get(mailboxes.idFromName(address.text), options) as unknown as MailboxCalls;
}
