import type { FindingKind } from "../protocol/ledger/audit.ts";

/** What an audit finds wrong with an event, for people. */
export const TOLD: Readonly<Record<FindingKind, string>> = {
  malformed: "not an event",
  changed: "not what was hashed",
  missing: "events before it are missing",
  reordered: "not in its place",
  "cut-off": "the ledger ends too early",
  "purged-early": "events are gone before their time",
  head: "the heads contradict each other",
  stale: "the relay has signed none since: what came then may be anything",
};
