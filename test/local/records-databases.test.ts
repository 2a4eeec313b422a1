import { expect, it } from "vitest";
import { recordsBindings } from "../../src/local/records-databases.ts";

const configuration = (JURISDICTIONS: string, ...bindings: string[]) => ({
  d1_databases: bindings.map((binding) => ({ binding })),
  vars: { JURISDICTIONS },
});

it("are the one of no jurisdiction and those of each, and nothing else that is bound", () => {
  expect(recordsBindings(configuration("", "RECORDS"))).toEqual(["RECORDS"]);
  expect(
    recordsBindings(
      configuration("eu  fedramp", "OTHER", "RECORDS", "RECORDS_EU", "RECORDS_FEDRAMP", "RECORDSX"),
    ),
  ).toEqual(["RECORDS", "RECORDS_EU", "RECORDS_FEDRAMP"]);
  // One whose jurisdiction is not served any more still has the consents of those who are in it.
  expect(recordsBindings(configuration("", "RECORDS", "RECORDS_EU"))).toEqual(["RECORDS", "RECORDS_EU"]);
});

it("that are missing are told before anything is deployed", () => {
  expect(() => recordsBindings(configuration("eu us", "RECORDS", "RECORDS_EU"))).toThrow("RECORDS_US");
  expect(() => recordsBindings(configuration(""))).toThrow("RECORDS");
});
