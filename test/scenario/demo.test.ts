import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runNode } from "./run-node.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** The demo builds the Worker anew: in a copy of the project, for other scenarios run on the build that is here. */
let copy = "";
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "restante-demo-test-"));
  for (const name of ["src", "migrations", "wrangler.toml", "package.json", "tsconfig.json"])
    await cp(join(PROJECT, name), join(copy, name), { recursive: true });
  await symlink(join(PROJECT, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rm(copy, { recursive: true, force: true }));

interface Event extends Record<string, unknown> {
  event: string;
  /** Since it began. */
  ms: number;
  sentence: string;
}

it("the demo tells the whole story as one event a line, in time, and what it shows is so", async () => {
  const { code, stdout, stderr } = await runNode(join(copy, "src/local/demo/demo.ts"), ["--json"], copy);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const events = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
  expect(events.map(({ event }) => event)).toEqual([
    ...["empty", "notice", "consent", "notice", "consent", "card"],
    ...["sent", "held", "read", "erased", "live", "live"],
    ...["sent", "sent", "revoked", "expired", "read"],
    ...["withdrawn", "refused", "withdrawn", "left"],
  ]);
  expect(events.at(-1)?.ms).toBeLessThan(20_000);
  for (const { sentence } of events) expect(sentence).toMatch(/\S/);
  const shown = (name: string) => events.filter(({ event }) => event === name);
  expect(shown("empty")).toMatchObject([{ mailboxes: 0, records: { consent: 0 } }]);
  expect(shown("held")).toMatchObject([{ bytes: 2048, begins: expect.stringMatching(/^01/) }]);
  expect(shown("erased")).toMatchObject([{ messages: 0 }]);
  expect(shown("live")).toMatchObject([{ state: "delivered" }, { state: "delivered" }]);
  expect(shown("revoked")).toMatchObject([{ state: "revoked" }]);
  expect(shown("sent")[1]).toMatchObject({ state: "held", messages: 1 });
  expect(shown("expired")).toMatchObject([{ messages: 0 }]);
  expect(Number(shown("expired")[0]?.afterMs)).toBeGreaterThanOrEqual(1000);
  expect(shown("refused")).toMatchObject([{ state: "refused", problem: "not-authorized" }]);
  expect(shown("left")).toMatchObject([{ mailboxes: 0, records: { consent: 0, consent_purpose: 0 } }]);
}, 60_000);
