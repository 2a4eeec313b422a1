/** How much is measured. */
import type { ScaleOptions } from "./scale/scale.ts";

export interface Plan {
  /** Each case of each subject so often, and how long each time, ms. */
  readonly rounds: number;
  readonly ms: number;
  /** Texts by the SDK, one after the other, and as many several at once. */
  readonly texts: number;
  readonly scale: ScaleOptions;
}

/**
 * A process of workerd has two files open for a WebSocket, and three more while its object is awake; many machines let a
 * process have 20,000.
 */
const SOCKETS_A_SERVER = 5000;

export const FULL: Plan = {
  ...{ rounds: 5, ms: 500, texts: 300 },
  scale: {
    sockets: [100, 1000, 10_000],
    socketsAServer: SOCKETS_A_SERVER,
    sleeps: true,
    sleepFrom: 100,
    storm: 2000,
    messages: 1024,
    ms: 2000,
  },
};

/** For a look within two minutes: one round, and hundreds where there are thousands. */
export const QUICK: Plan = {
  ...{ rounds: 1, ms: 100, texts: 40 },
  scale: {
    sockets: [100, 400],
    socketsAServer: SOCKETS_A_SERVER,
    sleeps: false,
    sleepFrom: 100,
    storm: 400,
    messages: 128,
    ms: 300,
  },
};
