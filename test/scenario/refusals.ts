import { expect } from "vitest";
import { readMailboxes, readRecords, type Tables } from "../../src/local/storage.ts";
import type { ProblemCode } from "../../src/protocol/problem-codes.ts";
import { PROBLEMS } from "../../src/protocol/problems.ts";
import type { ScenarioRelay } from "./relay.ts";

/** What a bad call must get: its problem, and nothing of what is stored changed by it. */
export function refusals(relay: () => ScenarioRelay) {
  /** Everything stored, except the nonce, which a well-signed call may use up even when its content is refused. */
  const stored = async () => {
    const withoutNonce = (tables: Tables) =>
      Object.fromEntries(
        Object.entries(tables).map(([name, rows]) => [name, rows.map(({ nonce, ...row }) => row)]),
      );
    const records = await readRecords(relay().state);
    return [(await readMailboxes(relay().state)).map(withoutNonce), records];
  };

  const refused = async (code: ProblemCode, call: () => Promise<Response>) => {
    const before = await stored();
    const response = await call();
    const body = await response.text();
    expect({ status: response.status, type: response.headers.get("content-type") }, body).toEqual({
      status: PROBLEMS[code][0],
      type: "application/problem+json",
    });
    expect(JSON.parse(body)).toMatchObject({ code, status: PROBLEMS[code][0] });
    expect(await stored()).toEqual(before);
  };

  return { stored, refused };
}
