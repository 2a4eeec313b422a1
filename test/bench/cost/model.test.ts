import { expect, test } from "vitest";
import { alwaysStored, billed, type Counted, dollarsPerMillion, total } from "./model.ts";

const live: Counted = {
  ...{ workerRequests: 1, objectCalls: 1, framesIn: 1, alarmsRun: 0, alarmsSet: 0 },
  ...{ rowsRead: 0, rowsWritten: 0, awake: 100, cpu: 1 },
};
const held: Counted = { ...live, framesIn: 0.1, alarmsSet: 0.01, rowsRead: 3, rowsWritten: 2, awake: 2 };

test("twenty frames are billed as one request, an alarm that is set as a row written", () => {
  expect(billed(live).objectRequests).toBeCloseTo(1.05);
  expect(billed(held).rowsWritten).toBeCloseTo(2.01);
  expect(billed({ ...held, alarmsRun: 1 }).objectRequests).toBeCloseTo(2.005);
});

test("an object's time is billed with 128 MB", () => {
  expect(billed(live).gigabyteSeconds).toBeCloseTo(0.0128);
});

test("money is what a million of them cost", () => {
  const dollars = dollarsPerMillion(billed(live));
  expect(dollars.workerRequests).toBeCloseTo(0.3);
  expect(dollars.objectRequests).toBeCloseTo(0.1575);
  expect(dollars.gigabyteSeconds).toBeCloseTo(0.16);
  expect(dollars.cpuMilliseconds).toBeCloseTo(0.02);
  expect(total(dollars)).toBeCloseTo(0.6375);
});

test("a message that is stored though somebody is there has a live one's time and a held one's rows", () => {
  const both = billed(alwaysStored(live, held));
  expect(both).toEqual({ ...billed(live), rowsRead: 3, rowsWritten: billed(held).rowsWritten });
});
