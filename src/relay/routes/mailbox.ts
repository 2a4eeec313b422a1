/** What a device does with its own mailbox over HTTP. */
import * as v from "valibot";
import type {
  DeliveryTokenAnswer,
  ErasedAnswer,
  HeldAnswer,
  MailboxAnswer,
  MessagesAnswer,
  NonceAnswer,
} from "../../protocol/answers.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { MAX_ACKNOWLEDGED_IDS, MAX_PULL_MESSAGES } from "../../protocol/limits.ts";
import { heldBudgets } from "../budgets/held-budgets.ts";
import { heldRecords } from "../consent/held-records.ts";
import { currentNotice, isSuspended } from "../consent/notice.ts";
import { consentOf } from "../consent/records.ts";
import { JSON_TYPE, parseJson, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { verifiedNumberOf } from "../numbers/verified-number.ts";
import { mintDeliveryToken } from "../secrets/delivery-token.ts";
import { ownMailbox, ownRecords } from "./own-mailbox.ts";

const ACKNOWLEDGEMENT = v.object({
  ids: v.pipe(
    v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    v.minLength(1),
    v.maxLength(MAX_ACKNOWLEDGED_IDS),
  ),
});

export async function getMailbox(c: RelayContext): Promise<Response> {
  const { messages, bytes, oldest, oneTimeKeys, lastResortKey, claims, ...told } = orProblem(
    await ownMailbox(c).status(),
  );
  const keys = { oneTimeKeys, lastResortKey, claims };
  return c.json({
    messages,
    bytes,
    oldest,
    ...keys,
    nonce: told.nonce,
    notice: {
      agreed: told.noticeVersion,
      current: currentNotice(c.env).version,
      suspended: isSuspended(told.noticeVersion),
    },
    routeClaim: told.routeClaim,
  } satisfies MailboxAnswer);
}

export async function getMessages(c: RelayContext): Promise<Response> {
  const { messages, more } = orProblem(await ownMailbox(c).messages(readLimit(c.req.query("limit"))));
  return c.json({
    messages: messages.map(({ id, body, heldUntil, revocable }) => ({
      id,
      body: encodeBase64url(body),
      heldUntil,
      revocable,
    })),
    more,
  } satisfies MessagesAnswer);
}

export async function deleteMessages(c: RelayContext): Promise<Response> {
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const { ids } = parseJson(c.var.device.body, ACKNOWLEDGEMENT);
  const { erased } = orProblem(await ownMailbox(c).acknowledge(ids));
  return c.json({ erased: [...erased] } satisfies ErasedAnswer);
}

/** A device calls it once a run, before it seals: an older copy of its vault is from then on known as one. */
export async function postNonce(c: RelayContext): Promise<Response> {
  const { nonce } = orProblem(await ownMailbox(c).useNonce(c.var.nonce));
  return c.json({ nonce } satisfies NonceAnswer);
}

export async function postDeliveryToken(c: RelayContext): Promise<Response> {
  const { epoch } = orProblem(await ownMailbox(c).rotateDeliveryToken(c.var.nonce));
  const deliveryToken = await mintDeliveryToken(c.env, c.var.device.address.text, epoch);
  return c.json({ deliveryToken } satisfies DeliveryTokenAnswer);
}

/** Also answers while only one of mailbox and record is there: then least of all may anything stay unseen. */
export async function getHeld(c: RelayContext): Promise<Response> {
  const address = c.var.device.address.text;
  const consentId = (await consentOf(ownRecords(c), address))?.consentId;
  const verified = consentId === undefined ? undefined : await verifiedNumberOf(ownRecords(c), consentId);
  const records = [
    ...(await heldRecords(ownRecords(c), { address, consentId })),
    ...(verified === undefined ? [] : await heldBudgets(c.env, verified.numberHash)),
  ];
  const mailbox = await ownMailbox(c).held();
  if (mailbox.outcome === "no-consent" && records.length > 0)
    return c.json({ mailbox: [], records } satisfies HeldAnswer);
  return c.json({ mailbox: orProblem(mailbox).tables, records } satisfies HeldAnswer);
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return MAX_PULL_MESSAGES;
  const limit = /^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_PULL_MESSAGES) throw new ProblemError("malformed-request");
  return limit;
}
