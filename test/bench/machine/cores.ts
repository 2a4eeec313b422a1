/** One core for the server and another for the load, so that neither takes from what the other is measured by. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The two cores; absent with one core, or without `taskset` (Linux). */
let cores: { server: number; load: number } | undefined;

/** Puts this process, which is the load, on a core of its own. Servers started from now on get the other. */
export function separateCores(): string {
  const [server, load] = allowedCores();
  if (server === undefined || load === undefined) return "server and load share one core";
  const pinned = spawnSync("taskset", ["-a", "-c", "-p", String(load), String(process.pid)]);
  if (pinned.status !== 0) return "server and load are not held to cores: there is no taskset";
  cores = { server, load };
  return `server on core ${server}, load on core ${load}`;
}

/** The command as it is to be started, so that it stays on the servers' core. */
export function onServerCore(command: string, args: readonly string[]): [command: string, args: string[]] {
  if (cores === undefined) return [command, [...args]];
  return ["taskset", ["-c", String(cores.server), command, ...args]];
}

/** Of `Cpus_allowed_list: 0-1,4`, as proc(5) has it. */
function allowedCores(): number[] {
  let status: string;
  try {
    status = readFileSync("/proc/self/status", "utf8");
  } catch {
    return [];
  }
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [from = Number.NaN, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
