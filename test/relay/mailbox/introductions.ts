/** What the mailbox's tests of strangers share: introductions as the edge lets them through. */
import { expect } from "vitest";
import type { Introduction } from "../../../src/relay/mailbox/calls.ts";
import { envelope, randomKey, rows, type Stub } from "./stage.ts";

export const NOT_AUTHORIZED = { outcome: "not-authorized" };
export const FULL = { outcome: "full" };

/** An introduction whose day is not over. */
export const introduction = (): Introduction => ({ nonce: randomKey(), mayOpen: true });
/** The same, days later. */
export const late = ({ nonce }: Introduction): Introduction => ({ nonce, mayOpen: false });

/** Everything that an introduction can be tried for. */
export const calls = (stub: Stub, by: Introduction) => [
  stub.deposit(by, envelope(1), 60),
  stub.deposit(by, envelope(1), 0),
  stub.depositRevocable(by, randomKey(), envelope(1), 60),
  stub.depositState(by, randomKey()),
  stub.revoke(by, randomKey()),
  stub.claimOneTimeKey(by),
];

export async function refusesAll(stub: Stub, by: Introduction): Promise<void> {
  const before = await rows(stub, "permit");
  for (const call of calls(stub, by)) expect(await call).toEqual(NOT_AUTHORIZED);
  expect(await rows(stub, "permit")).toEqual(before);
  expect(await rows(stub, "message")).toEqual([]);
  expect(await rows(stub, "revocable_deposit")).toEqual([]);
}
