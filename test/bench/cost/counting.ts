/** Counts what the platform would bill, on the real Worker with counters around it: see workers/counted.ts. */
import { numberedBody } from "../load/body.ts";
import { inFlight } from "../load/in-flight.ts";
import { type BenchRelay, restanteSubject } from "../subjects/restante.ts";
import { batchedSubject } from "../subjects/restante-batched.ts";
import type { AnySubject } from "../throughput/subject.ts";
import type { Counted } from "./model.ts";

/** Below what a mailbox holds; and deposits on one deposit socket, whose opening is a request too. */
const MESSAGES = 800;
const IN_FLIGHT = 16;

type Counters = Omit<Counted, "cpu">;

export interface CountedCases {
  readonly live: Counted;
  readonly held: Counted;
  readonly "live, 20 a frame": Counted;
  readonly "held, 20 a frame": Counted;
}

/** Each message to one mailbox. Drained in one go, as by a device that comes once; its connecting is in the figures. */
export async function countCases(relay: BenchRelay): Promise<CountedCases> {
  const posting = restanteSubject(relay);
  const batched = batchedSubject(relay, posting);
  const counted = {
    live: await count(relay, () => live(posting, 1)),
    held: await count(relay, () => held(posting, IN_FLIGHT)),
    "live, 20 a frame": await count(relay, () => live(batched, batched.batch ?? 1)),
    "held, 20 a frame": await count(relay, () => held(batched, IN_FLIGHT * (batched.batch ?? 1))),
  };
  posting.close();
  await batched.stop();
  return counted;
}

async function count(relay: BenchRelay, work: () => Promise<void>): Promise<Counted> {
  await takeCounters(relay);
  const { cpu } = relay.usage();
  await work();
  const used = (relay.usage().cpu - cpu) * 1000;
  const counters = await takeCounters(relay);
  const each = Object.entries(counters).map(([name, value]) => [name, value / MESSAGES]);
  return { ...(Object.fromEntries(each) as Counters), cpu: used / MESSAGES };
}

async function live(subject: AnySubject, atOnce: number): Promise<void> {
  await subject.connect(1, () => undefined);
  await depositAll(subject, atOnce);
  await subject.disconnect();
}

async function held(subject: AnySubject, atOnce: number): Promise<void> {
  await depositAll(subject, atOnce);
  await subject.drain([MESSAGES]);
}

function depositAll(subject: AnySubject, atOnce: number): Promise<void> {
  return inFlight(atOnce, Array(MESSAGES).keys(), (number) => subject.deposit(0, numberedBody(number)));
}

async function takeCounters(relay: BenchRelay): Promise<Counters> {
  const answer = await fetch(`${relay.origin}/bench/counters`);
  return (await answer.json()) as Counters;
}
