import type { CountedCases } from "../cost/counting.ts";
import { alwaysStored, billed, type Counted, dollarsPerMillion, total } from "../cost/model.ts";
import { PRICES, PRICES_READ, SMS } from "../cost/prices.ts";
import { dollars, type Table, whole } from "./table.ts";

const NAMES = Object.keys(PRICES) as (keyof typeof PRICES)[];

/** What is billed for a million messages, what that costs, and the prices. */
export function costTables(cases: CountedCases): Table[] {
  const all: Record<string, Counted> = {
    ...cases,
    "live, always stored": alwaysStored(cases.live, cases.held),
  };
  const head = ["", ...NAMES.map((name) => PRICES[name].what)];
  const counts = Object.entries(all).map(([name, counted]) => {
    const one = billed(counted);
    return [name, ...NAMES.map((what) => whole(one[what] * 1e6))];
  });
  const money = Object.entries(all).map(([name, counted]) => {
    const one = dollarsPerMillion(billed(counted));
    return [name, ...NAMES.map((what) => dollars(one[what])), dollars(total(one))];
  });
  const sms = [SMS.what, ...NAMES.map(() => ""), dollars(SMS.dollars * 1e6)];
  return [
    { title: "What the platform counts for a million messages", head, rows: counts },
    { title: "What it costs", head: [...head, "in all"], rows: [...money, sms] },
    {
      title: `Prices, as read on ${PRICES_READ}`,
      head: ["", "dollars", "for", "published at"],
      rows: [
        ...NAMES.map((name) => PRICES[name]).map(({ what, dollars: price, per, source }) => [
          what,
          String(price),
          whole(per),
          source,
        ]),
        [SMS.what, String(SMS.dollars), "1", SMS.source],
      ],
    },
  ];
}
