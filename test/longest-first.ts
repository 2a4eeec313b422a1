/**
 * The order of test files: what takes longest begins first, so that no worker is left waiting for another's last
 * file. Whole stories before single parts, and in each project its longest files; the rest as vitest has it. No
 * test may hang on the order.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const PROJECTS = ["scenario", "relay", "mutants", "browser", "node"];

/** Those of more than some ten seconds, longest first; what is not here any more does no harm. */
const LONGEST = [
  "scenario/cli-people.test.ts",
  "scenario/renewal.test.ts",
  "scenario/cli-numbers.test.ts",
  "scenario/cli.test.ts",
  "scenario/cli-linking.test.ts",
  "scenario/linked-devices.test.ts",
  "scenario/linking-refused.test.ts",
  "scenario/depositing.test.ts",
  "scenario/directory.test.ts",
  "scenario/fresh-phone.test.ts",
  "scenario/large-conversation.test.ts",
  "scenario/device-crash.test.ts",
  "faults/real-relay.scenario.ts",
  "relay/mailbox/model.test.ts",
  "browser/vault-tabs.test.ts",
  "cli/restante.test.ts",
  "faults/mutants.test.ts",
  "cli/with-a-relay.test.ts",
  "cli/before-consent.test.ts",
  "interleavings/mutants.test.ts",
  "faults/stories.test.ts",
  "cli/passphrase.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort(
      (a, b) => rankOf(PROJECTS, a.project.name) - rankOf(PROJECTS, b.project.name) || length(a) - length(b),
    );
  }
}

function length({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}`));
  return at < 0 ? LONGEST.length : at;
}

function rankOf(names: readonly string[], name: string): number {
  const at = names.indexOf(name);
  return at < 0 ? names.length : at;
}
