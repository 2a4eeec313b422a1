/** How cost grows: with what is held, with sizes, with sockets, and when all come at once. */
import { type BenchRelay, restanteSubject } from "../subjects/restante.ts";
import { type BacklogFigure, measureBacklogs } from "./backlog.ts";
import { sideBySide } from "./side-by-side.ts";
import { measureSizes, type SizeFigure } from "./sizes.ts";
import { measureSockets, type SocketFigure } from "./sockets.ts";
import { measureStorm, type StormFigure } from "./storm.ts";

export interface ScaleOptions {
  /** Sockets connected, from few to many. */
  readonly sockets: readonly number[];
  /** The most that one process of the server takes. */
  readonly socketsAServer: number;
  /** Whether to wait until the objects sleep, where there are more than `sleepFrom`. */
  readonly sleeps: boolean;
  readonly sleepFrom: number;
  /** Devices that come back at once. */
  readonly storm: number;
  /** Messages of each size. */
  readonly messages: number;
  /** For each count of sockets. */
  readonly ms: number;
}

export interface ScaleFigures {
  readonly backlogs: readonly BacklogFigure[];
  readonly sizes: readonly SizeFigure[];
  readonly sockets: readonly SocketFigure[];
  readonly storm: StormFigure;
}

/**
 * @param relays together with as many mailboxes as the most that are asked for, and the first with as many as come back
 *   at once; that one's server is started anew on the way, the others are stopped
 */
export async function measureScale(
  relays: readonly [BenchRelay, ...BenchRelay[]],
  options: ScaleOptions,
  tell: (what: string) => void,
): Promise<ScaleFigures> {
  const [relay, ...others] = relays;
  const sockets: SocketFigure[] = [];
  const memories = relays.map((one) => one.usage().memory);
  for (const count of options.sockets) {
    tell(`${count} devices connected`);
    const servers = relays.slice(0, Math.ceil(count / options.socketsAServer));
    const together = sideBySide(servers.map((one) => restanteSubject(one)));
    const sleeps = options.sleeps && count > options.sleepFrom;
    const memory = memories.slice(0, servers.length).reduce((sum, one) => sum + one, 0);
    sockets.push(await measureSockets(together, count, { sleeps, memory, ms: options.ms }));
    together.close();
  }
  for (const other of others) await other.stop();
  tell("by backlog");
  const subject = restanteSubject(relay);
  const backlogs = await measureBacklogs(subject);
  subject.close();
  tell("by size");
  const sizes = await measureSizes(relay, options.messages);
  tell("all come back at once");
  const storm = await measureStorm(relay, options.storm);
  return { backlogs, sizes, sockets, storm };
}
