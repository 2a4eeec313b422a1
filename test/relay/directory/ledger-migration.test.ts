import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { Listed } from "./stage.ts";

/** The SQL of one migration, a statement each. */
function queries(name: string): string[] {
  const found = env.MIGRATIONS.find((migration) => migration.name.startsWith(name));
  if (found === undefined) throw new Error(name);
  return found.queries;
}

describe("the ledger, made again for a new kind of event", () => {
  it("keeps what was in it, and everything that guards it", async () => {
    const anna = await Listed.agreeing();
    const events = async () => (await env.RECORDS.prepare("SELECT * FROM consent_event").all()).results;
    const guards = async () =>
      (
        await env.RECORDS.prepare(
          "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'consent_event' AND sql IS NOT NULL ORDER BY name",
        ).all()
      ).results;
    const before = { events: await events(), guards: await guards() };
    expect(before.events.length).toBeGreaterThan(0);
    expect(before.guards).toHaveLength(6);
    const directory = queries("0003");
    const from = directory.findIndex((sql) => sql.includes("DROP TRIGGER consent_event_is_never_changed"));
    for (const sql of directory.slice(from)) await env.RECORDS.prepare(sql).run();
    expect({ events: await events(), guards: await guards() }).toEqual(before);
    const original = queries("0001").filter((sql) => /CREATE TRIGGER consent_event/.test(sql));
    const squeezed = (sql: unknown) =>
      String(sql).replace(/--.*$/gm, "").replaceAll(/\s+/g, " ").replace(/;? ?$/, "").trim();
    const triggers = before.guards.filter(({ type }) => type === "trigger").map(({ sql }) => squeezed(sql));
    expect(triggers.toSorted()).toEqual(original.map(squeezed).toSorted());
    await expect(
      env.RECORDS.prepare("UPDATE consent_event SET occurred_at = 0 WHERE consent_id = ?")
        .bind(anna.consentId)
        .run(),
    ).rejects.toThrow("append-only");
  });
});
