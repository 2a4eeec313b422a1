/** A CPU profile of the Worker in workerd, by the inspector protocol: where its time goes, function by function. */

/** µs between samples. */
const INTERVAL = 200;

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly lineNumber: number };
}

interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** Of all samples. */
  readonly share: number;
}

/** @param port of the inspector @returns what ends it and has the functions, the one with the most time of its own first */
export async function startProfile(port: number): Promise<() => Promise<SelfTime[]>> {
  const list = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const url = list[0]?.webSocketDebuggerUrl;
  if (url === undefined) throw new Error("the inspector has no Worker");
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", reject, { once: true });
  });
  let last = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  const call = (method: string, params = {}) =>
    new Promise<unknown>((resolve) => {
      waiting.set(++last, resolve);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: INTERVAL });
  await call("Profiler.start");
  return async () => {
    const { profile } = (await call("Profiler.stop")) as { profile: Profile };
    socket.close();
    return selfTimes(profile);
  };
}

/** Idle time is nobody's, and not counted. */
function selfTimes({ nodes, samples, timeDeltas }: Profile): SelfTime[] {
  const nameOf = new Map(
    nodes.map(({ id, callFrame: { functionName, lineNumber } }) => [
      id,
      functionName === "" ? `(anonymous, line ${lineNumber + 1})` : functionName,
    ]),
  );
  const times = new Map<string, number>();
  let all = 0;
  for (const [i, id] of samples.entries()) {
    const name = nameOf.get(id) ?? "?";
    if (name === "(idle)") continue;
    const time = timeDeltas[i] ?? 0;
    all += time;
    times.set(name, (times.get(name) ?? 0) + time);
  }
  return [...times].map(([name, time]) => ({ name, share: time / all })).sort((a, b) => b.share - a.share);
}
