import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { HeldAnswer } from "../../../src/protocol/answers.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { SigningDevice } from "../edge/signing-device.ts";

it("what D1 holds of a device includes a table that is added later, and no row of another device", async () => {
  const [device, other] = [new SigningDevice(), new SigningDevice()];
  const [{ consentId }, { consentId: foreign }] = [await device.optIn(), await other.optIn()];
  await env.RECORDS.batch(
    [
      "CREATE TABLE added_later (what TEXT, consent_id TEXT)",
      "CREATE TABLE added_at_last (address TEXT, consent_id TEXT)",
      `INSERT INTO added_later VALUES ('own', '${consentId}'), ('foreign', '${foreign}')`,
      `INSERT INTO added_at_last VALUES ('${device.address}', NULL), (NULL, '${consentId}'), ('${other.address}', NULL)`,
    ].map((sql) => env.RECORDS.prepare(sql)),
  );
  const { records } = (await (await device.read(ROUTES.held)).json()) as HeldAnswer;
  expect(records).toEqual(
    expect.arrayContaining([
      { table: "added_later", rows: [{ what: "own", consent_id: consentId }] },
      {
        table: "added_at_last",
        rows: [
          { address: device.address, consent_id: null },
          { address: null, consent_id: consentId },
        ],
      },
    ]),
  );
  expect(JSON.stringify(records)).not.toContain(foreign);
  expect(JSON.stringify(records)).not.toContain(other.address);
});
