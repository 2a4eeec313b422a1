/** The same by the size of an envelope, live and held: all six classes, of which the smallest takes a text of 1 KiB. */
import { numberedBody } from "../load/body.ts";
import { inFlight } from "../load/in-flight.ts";
import type { BenchRelay } from "../subjects/restante.ts";
import { restanteSubject } from "../subjects/restante.ts";
import { arrivals } from "../throughput/measurement.ts";

const SIZES = [2, 4, 8, 16, 32, 64].map((kibibytes) => kibibytes * 1024);
const IN_FLIGHT = 16;
/** Spread over so many mailboxes, of which each holds 4 MiB. */
const MAILBOXES = 32;

export interface SizeFigure {
  readonly size: number;
  /** Messages a second. */
  readonly live: number;
  readonly held: number;
}

export async function measureSizes(relay: BenchRelay, messages: number): Promise<SizeFigure[]> {
  const figures: SizeFigure[] = [];
  let number = 0;
  for (const size of SIZES) {
    const subject = restanteSubject(relay, size);
    const depositAll = async () => {
      const before = performance.now();
      await inFlight(IN_FLIGHT, Array(messages).keys(), (i) =>
        subject.deposit(i % MAILBOXES, numberedBody(number++, size)),
      );
      return messages / ((performance.now() - before) / 1000);
    };
    await subject.connect(MAILBOXES, arrivals.arrived);
    const live = await depositAll();
    await subject.disconnect();
    const held = await depositAll();
    const counts = Array.from({ length: MAILBOXES }, (_, i) => Math.ceil((messages - i) / MAILBOXES));
    await subject.drain(counts);
    subject.close();
    figures.push({ size, live, held });
  }
  return figures;
}
