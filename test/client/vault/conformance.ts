/** The conformance test of the vaults that run in Node. That of IndexedDB is in test/browser: the same cases. */
import { describe, it } from "vitest";
import { LASTING_CASES } from "./lasting-cases.ts";
import type { Case, LastingPlace, Place } from "./place.ts";
import { TRANSACTION_CASES } from "./transaction-cases.ts";

export function describeVault(name: string, make: () => Place): void {
  describeCases(name, TRANSACTION_CASES, make);
}

export function describeLastingVault(name: string, make: () => LastingPlace): void {
  describeCases(name, [...TRANSACTION_CASES, ...LASTING_CASES], make);
}

function describeCases<P extends Place>(name: string, cases: readonly Case<P>[], make: () => P): void {
  describe(name, () => {
    for (const each of cases) it(each.name, () => each.run(make));
  });
}
