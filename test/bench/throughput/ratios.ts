/** What Restante must reach against the floor and the peers, from figures of one run. */
import type { Figure } from "./figures.ts";
import { CASES, MANY_MAILBOXES, nameOf } from "./rounds.ts";

export interface Ratio {
  readonly what: string;
  readonly aim: number;
  /** undefined: one of the two was not measured. */
  readonly value: number | undefined;
}

const BUSY_ONE = ", 1 mailbox, 64 in flight";
const BUSY_MANY = `, ${MANY_MAILBOXES} mailboxes, 64 in flight`;
const BATCHED = "Restante, 20 a frame";
const REDIS_DEEP = "Redis streams, as deep";

export function ratiosOf(figures: readonly Figure[]): Ratio[] {
  const rate = (subject: string, name: string) =>
    figures.find((figure) => figure.subject === subject && figure.case === name)?.rate.median;
  const ratio = (what: string, aim: number, one: number | undefined, other: number | undefined): Ratio => ({
    ...{ what, aim },
    value: one === undefined || other === undefined ? undefined : one / other,
  });
  const call = (name: string) => rate("bare call", `live${name}`);
  return [
    ratio("live by HTTP : bare call, one mailbox", 0.9, rate("Restante", `live${BUSY_ONE}`), call(BUSY_ONE)),
    ratio(
      `live by HTTP : bare call, ${MANY_MAILBOXES} mailboxes`,
      0.9,
      rate("Restante", `live${BUSY_MANY}`),
      call(BUSY_MANY),
    ),
    ratio("held, one hot mailbox : bare call", 0.85, rate("Restante", `held${BUSY_ONE}`), call(BUSY_ONE)),
    ratio(
      `held, ${MANY_MAILBOXES} mailboxes : bare insert`,
      0.95,
      rate("Restante", `held${BUSY_MANY}`),
      rate("bare insert", `held${BUSY_MANY}`),
    ),
    ...CASES.map(nameOf).map((name) =>
      ratio(`20 a frame : a POST each, ${name}`, 10, rate(BATCHED, name), rate("Restante", name)),
    ),
    ...["Redis streams", REDIS_DEEP].map((redis) =>
      ratio(
        `20 a frame, held : ${redis}, synced always`,
        1,
        rate(BATCHED, `held${BUSY_ONE}`),
        rate(redis, `held${BUSY_ONE}`),
      ),
    ),
    ratio(
      "live, one sender : RabbitMQ",
      1.2,
      rate("Restante", "live, 1 mailbox, 1 in flight"),
      rate("RabbitMQ", "live, 1 mailbox, 1 in flight"),
    ),
    ...CASES.map(nameOf).map((name) =>
      ratio(`Restante : partyserver, ${name}`, 1.5, rate("Restante", name), rate("partyserver", name)),
    ),
  ];
}
