/**
 * Answers of the device's own relay, read with care: one that fails or lies may answer anything, and what it says
 * ends up in the vault.
 */
import type { ErasedAnswer, MailboxAnswer, MessagesAnswer, PoolReplacedAnswer } from "../protocol/answers.ts";
import { RelayProtocolError } from "./relay-problem.ts";

/** @throws RelayProtocolError */
export function readMessagesAnswer(json: unknown): MessagesAnswer {
  const { messages, more } = fieldsOf(json);
  if (!Array.isArray(messages) || typeof more !== "boolean") throw unlike("a pull");
  return { messages: messages.map(readMessage), more };
}

/** @throws RelayProtocolError */
export function readErasedAnswer(json: unknown): ErasedAnswer {
  const { erased } = fieldsOf(json);
  if (!Array.isArray(erased) || !erased.every(isCount)) throw unlike("an acknowledgement");
  return { erased };
}

/** What the device reads of how its mailbox stands. */
export type MailboxStatus = Pick<
  MailboxAnswer,
  "oneTimeKeys" | "lastResortKey" | "claims" | "nonce" | "notice"
>;

/** @throws RelayProtocolError */
export function readMailboxAnswer(json: unknown): MailboxStatus {
  const { oneTimeKeys, lastResortKey, claims, nonce, notice } = fieldsOf(json);
  const { today, limit, reachedAt } = fieldsOf(claims);
  if (!isCount(oneTimeKeys) || typeof lastResortKey !== "boolean" || !isCount(nonce))
    throw unlike("how a mailbox stands");
  if (!isCount(today) || !isCount(limit) || !(reachedAt === null || isCount(reachedAt)))
    throw unlike("how a mailbox stands");
  const { agreed, current, suspended } = fieldsOf(notice);
  if (!isCount(agreed) || !isCount(current) || typeof suspended !== "boolean")
    throw unlike("how a mailbox stands");
  const told = { claims: { today, limit, reachedAt }, notice: { agreed, current, suspended } };
  return { oneTimeKeys, lastResortKey, ...told, nonce };
}

/** @throws RelayProtocolError */
export function readPoolReplacedAnswer(json: unknown): PoolReplacedAnswer {
  const { unclaimed } = fieldsOf(json);
  if (!Array.isArray(unclaimed) || !unclaimed.every((id) => typeof id === "string"))
    throw unlike("a new pool");
  return { unclaimed };
}

function readMessage(json: unknown): MessagesAnswer["messages"][number] {
  const { id, body, heldUntil, revocable } = fieldsOf(json);
  if (!isCount(id) || typeof body !== "string" || !isCount(heldUntil) || typeof revocable !== "boolean")
    throw unlike("a pull");
  return { id, body, heldUntil, revocable };
}

function fieldsOf(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function unlike(what: string): RelayProtocolError {
  return new RelayProtocolError(`The relay's answer to ${what} has another form.`);
}
