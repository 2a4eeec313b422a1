/** What processes have used so far, by proc(5). Elsewhere than on Linux nothing is known, and all is zero. */
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ: what the kernel counts CPU time in for proc(5), on every Linux of today. */
const TICKS_PER_SECOND = 100;
const PAGE = 4096;

export interface Usage {
  /** Seconds of CPU, in user and kernel mode, of all threads. */
  readonly cpu: number;
  /** Octets that were sent to the disk. */
  readonly written: number;
  /** Octets in memory now (RSS). */
  readonly memory: number;
}

/** Of all processes in these groups. */
export function usageOfGroups(groups: readonly number[]): Usage {
  let [cpu, written, memory] = [0, 0, 0];
  for (const { pid, stat } of processesOf(groups)) {
    // utime and stime, then rss: fields 14, 15 and 24 of proc(5), counted from the state, field 3.
    cpu += (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND;
    memory += Number(stat[21]) * PAGE;
    written += Number(/^write_bytes: (\d+)$/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0);
  }
  return { cpu, written, memory };
}

/** Seconds of CPU of this process: of the load. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Each is read once: one that ends meanwhile, as Redis's does that writes its file anew, is there whole or not at all. */
function processesOf(groups: readonly number[]): { pid: string; stat: string[] }[] {
  let names: string[] = [];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, stat: statOf(pid) }))
    .filter(({ stat }) => groups.includes(Number(stat[2])));
}

/** From the state on: the name before it may contain anything. */
function statOf(pid: string): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
