/** From counters to money: pure. */
import { FRAMES_A_REQUEST, OBJECT_GIGABYTES, PRICES, ROWS_AN_ALARM } from "./prices.ts";

/** For one message, as counted around the relay. */
export interface Counted {
  readonly workerRequests: number;
  readonly objectCalls: number;
  readonly framesIn: number;
  readonly alarmsRun: number;
  readonly alarmsSet: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** ms in which its object was awake. */
  readonly awake: number;
  /** ms of the server's processor, all of it: as much as the Worker can have used. */
  readonly cpu: number;
}

export type Billed = Readonly<Record<keyof typeof PRICES, number>>;

/** What the platform counts for one message. */
export function billed(one: Counted): Billed {
  return {
    workerRequests: one.workerRequests,
    cpuMilliseconds: one.cpu,
    objectRequests: one.objectCalls + one.alarmsRun + one.framesIn / FRAMES_A_REQUEST,
    gigabyteSeconds: (one.awake / 1000) * OBJECT_GIGABYTES,
    rowsRead: one.rowsRead,
    rowsWritten: one.rowsWritten + one.alarmsSet * ROWS_AN_ALARM,
  };
}

/** Dollars for a million messages, by what is billed. */
export function dollarsPerMillion(one: Billed): Billed {
  return Object.fromEntries(
    Object.entries(PRICES).map(([name, { dollars, per }]) => [
      name,
      ((one[name as keyof Billed] * dollars) / per) * 1e6,
    ]),
  ) as Billed;
}

export function total(dollars: Billed): number {
  return Object.values(dollars).reduce((sum, each) => sum + each, 0);
}

/** A relay that stores each message before it shows it, also when somebody is there: a live one with a held one's rows. */
export function alwaysStored(live: Counted, held: Counted): Counted {
  return { ...live, rowsRead: held.rowsRead, rowsWritten: held.rowsWritten, alarmsSet: held.alarmsSet };
}
