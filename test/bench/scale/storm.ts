/** The relay is killed while thousands are connected, comes back, and all come at once: each for what is held for it. */
import { numberedBody } from "../load/body.ts";
import { openDevice } from "../load/device-recipient.ts";
import { inFlight } from "../load/in-flight.ts";
import { percentile } from "../load/percentile.ts";
import type { OpenSocket } from "../load/recipients.ts";
import type { BenchRelay } from "../subjects/restante.ts";
import { restanteSubject } from "../subjects/restante.ts";

export interface StormFigure {
  readonly devices: number;
  /** From the kill until it took connections again, ms. */
  readonly restart: number;
  /** From the first knock until the last device had what was held for it, s. */
  readonly all: number;
  /** The same of each device: they all knock at once, with no backoff, which would keep them apart. */
  readonly median: number;
  readonly slowest: number;
}

export async function measureStorm(relay: BenchRelay, count: number): Promise<StormFigure> {
  const devices = relay.devices.slice(0, count);
  const deaf = { arrived: () => undefined, confirmed: () => undefined };
  const before: OpenSocket[] = [];
  await inFlight(32, devices, async (device) => before.push(await openDevice(device, deaf)));
  const killed = performance.now();
  await relay.stop("SIGKILL");
  await Promise.all(before.map((socket) => socket.close()));
  await relay.restart();
  const restart = performance.now() - killed;

  const posting = restanteSubject(relay);
  await inFlight(32, devices.keys(), (i) => posting.deposit(i, numberedBody(i)));
  posting.close();
  // Signed beforehand: each device has a processor of its own, and this one would be what is measured.
  const tickets = devices.map((device) => device.ticket());
  const sockets: OpenSocket[] = [];
  const times: number[] = [];
  const began = performance.now();
  await inFlight(count, devices.entries(), async ([i, device]) => {
    const { promise: confirmed, resolve } = Promise.withResolvers<void>();
    const hearing = { arrived: () => undefined, confirmed: () => resolve() };
    const socket = await openDevice(device, hearing, tickets[i]);
    sockets.push(socket);
    await Promise.race([confirmed, socket.broken]);
    times.push(performance.now() - began);
  });
  const all = (performance.now() - began) / 1000;
  await Promise.all(sockets.map((socket) => socket.close()));
  return { devices: count, restart, all, median: percentile(times, 0.5), slowest: percentile(times, 1) };
}
