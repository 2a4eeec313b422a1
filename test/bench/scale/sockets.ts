/** Many devices that are connected and quiet: what one more takes, and what is left for those that talk. */
import { setTimeout } from "node:timers/promises";
import { arrivals, measureLive } from "../throughput/measurement.ts";
import type { Subject } from "../throughput/subject.ts";

/** After 10 s without an event the platform, and workerd too, puts an object to sleep. */
const HIBERNATES_AFTER = 12_000;

/**
 * So many connect, then their objects go to sleep before the next do: what an object that is awake has open would be too
 * much for all (plan.ts).
 */
const AWAKE_AT_MOST = 2000;

/** So many of them are written to: each is soon awake, and the others sleep on. */
const TALKING = 500;

export interface SocketFigure {
  readonly sockets: number;
  /** Octets of the server's memory for each socket more than none, right after they connected, if all are awake. */
  readonly memoryEach?: number;
  /** The same when the objects sleep. */
  readonly asleepEach?: number;
  /** Share of a core while nobody says anything. */
  readonly idleCpu: number;
  /** Messages a second to all of them in turn, or to {@link TALKING}, when their objects are awake; 64 in flight. */
  readonly live: number;
  /** The same when each has to be woken first; only where they slept. */
  readonly waking?: number;
  /** ms, median. */
  readonly latency: number;
  /** s, until the last was connected. */
  readonly connecting: number;
}

/**
 * @param options.sleeps whether to wait until the objects sleep
 * @param options.memory the server's when it was new: what others had before is used again
 */
export async function measureSockets(
  subject: Subject,
  sockets: number,
  options: { sleeps: boolean; ms: number; memory: number },
): Promise<SocketFigure> {
  const connecting = await connectInSteps(subject, sockets);
  const each = () => (subject.usage().memory - options.memory) / sockets;
  const awake = sockets > AWAKE_AT_MOST ? {} : { memoryEach: each() };
  const idle = await idleCpu(subject, options.sleeps ? HIBERNATES_AFTER : 1000);
  const asleep = options.sleeps ? { asleepEach: each() } : {};
  const talking = { shape: "live", inFlight: 64, mailboxes: Math.min(sockets, TALKING) } as const;
  // Long enough to come to each of them once.
  const first = await measureLive(subject, talking, options.ms);
  const waking = options.sleeps ? { waking: first.messages / first.seconds } : {};
  const live = await measureLive(subject, talking, options.ms);
  await subject.disconnect();
  return {
    ...{ sockets, ...awake, ...asleep, ...waking, idleCpu: idle, connecting },
    ...{ live: live.messages / live.seconds, latency: live.latency },
  };
}

/** @returns s that they took to connect, without the sleep in between */
async function connectInSteps(subject: Subject, sockets: number): Promise<number> {
  let took = 0;
  for (let there = 0; there < sockets; ) {
    if (there > 0) await setTimeout(HIBERNATES_AFTER);
    there = Math.min(there + AWAKE_AT_MOST, sockets);
    const began = performance.now();
    await subject.connect(there, arrivals.arrived);
    took += (performance.now() - began) / 1000;
  }
  return took;
}

async function idleCpu(subject: Subject, ms: number): Promise<number> {
  const { cpu } = subject.usage();
  await setTimeout(ms);
  return (subject.usage().cpu - cpu) / (ms / 1000);
}
