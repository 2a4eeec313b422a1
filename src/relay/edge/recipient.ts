/**
 * Who a sender may write to: a delivery token's MAC, or an introduction's output, is checked here, so that a forged
 * one wakes no mailbox. Whatever is wrong with token, mailbox or consent, the answer is the one `not-authorized`.
 */
import { type Address, parseAddress } from "../../protocol/address.ts";
import type { MailboxCalls, Pass } from "../mailbox/calls.ts";
import { mailboxOf } from "../mailbox/stub.ts";
import { verifyDeliveryToken } from "../secrets/delivery-token.ts";
import { verifyIntroduction } from "../secrets/introduction.ts";
import { ProblemError } from "./problem.ts";
import { mailboxShare, type Spend } from "./rate.ts";

export interface Recipient {
  readonly address: Address;
  readonly pass: Pass;
  readonly mailbox: MailboxCalls;
}

/**
 * @param bearer a delivery token or an introduction; empty: none was shown
 * @returns the recipient, and the sender's share of its rate limit: each request takes one before it goes on
 * @throws ProblemError `malformed-address`, `not-authorized`
 */
export async function openRecipient(
  env: Env,
  addressText: string,
  bearer: string,
): Promise<{ readonly recipient: Recipient; readonly spend: Spend }> {
  const address = parseAddress(addressText);
  if (address === undefined) throw new ProblemError("malformed-address");
  const pass = await verifyPass(env, address.text, bearer);
  const mailbox = pass && mailboxOf(env, address);
  if (pass === undefined || mailbox === undefined) throw new ProblemError("not-authorized");
  const spend = await mailboxShare(env, address.text, pass instanceof Uint8Array ? pass : pass.nonce);
  return { recipient: { address, pass, mailbox }, spend };
}

/** The two kinds have different lengths: a text has the form of one of them at most. */
async function verifyPass(env: Env, address: string, text: string): Promise<Pass | undefined> {
  const token = await verifyDeliveryToken(env, address, text);
  return token?.epoch ?? verifyIntroduction(env, address, text, Date.now());
}
