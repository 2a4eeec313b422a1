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
  /** Whether to wait until the objects sleep. */
  readonly sleeps: boolean;
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
 *   at once; that one's server is started anew on the way
 */
export async function measureScale(
  relays: readonly [BenchRelay, ...BenchRelay[]],
  options: ScaleOptions,
  tell: (what: string) => void,
): Promise<ScaleFigures> {
  const [relay] = relays;
  tell("by devices connected");
  const together = sideBySide(relays.map((one) => restanteSubject(one)));
  const sockets = await measureSockets(together, options.sockets, options);
  together.close();
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
