/** Many devices that are connected and quiet: what one more takes, and what is left for those that talk. */
import { setTimeout } from "node:timers/promises";
import { arrivals, measureLive } from "../throughput/measurement.ts";
import type { Subject } from "../throughput/subject.ts";

/** After 10 s without an event the platform, and workerd too, puts an object to sleep. */
const HIBERNATES_AFTER = 12_000;

export interface SocketFigure {
  readonly sockets: number;
  /** Octets of the server's memory for each socket more than none, right after they connected. */
  readonly memoryEach: number;
  /** The same when the objects sleep; only for the last. */
  readonly asleepEach?: number;
  /** Share of a core while nobody says anything. */
  readonly idleCpu: number;
  /** Messages a second to all of them in turn, 64 in flight. */
  readonly live: number;
  /** ms, median. */
  readonly latency: number;
  /** s, until the last was connected. */
  readonly connecting: number;
}

export async function measureSockets(
  subject: Subject,
  counts: readonly number[],
  options: { sleeps: boolean; ms: number },
): Promise<SocketFigure[]> {
  const figures: SocketFigure[] = [];
  // Before all of them: what those before had is used again.
  const { memory } = subject.usage();
  for (const sockets of counts) {
    const began = performance.now();
    await subject.connect(sockets, arrivals.arrived);
    const connecting = (performance.now() - began) / 1000;
    const each = () => (subject.usage().memory - memory) / sockets;
    const memoryEach = each();
    const sleeps = options.sleeps && sockets === counts.at(-1);
    const idle = await idleCpu(subject, sleeps ? HIBERNATES_AFTER : 1000);
    const asleep = sleeps ? { asleepEach: each() } : {};
    const live = await measureLive(subject, { shape: "live", inFlight: 64, mailboxes: sockets }, options.ms);
    await subject.disconnect();
    figures.push({
      ...{ sockets, memoryEach, ...asleep, idleCpu: idle, connecting },
      ...{ live: live.messages / live.seconds, latency: live.latency },
    });
  }
  return figures;
}

async function idleCpu(subject: Subject, ms: number): Promise<number> {
  const { cpu } = subject.usage();
  await setTimeout(ms);
  return (subject.usage().cpu - cpu) / (ms / 1000);
}
