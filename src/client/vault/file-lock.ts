/**
 * Lock files between processes of one machine: `pid start random`, made whole in one step by link(2), which
 * fails when the name is taken, as O_EXCL does, but never shows an empty file. `start` is when the process
 * began, where the system tells: a pid alone comes again, in a container even at once. Processes that don't see
 * each other's pids (two containers on one volume) are not kept apart by this; the vault's compare-and-set is.
 */
import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { errorCode, unlessMissing } from "./durable-file.ts";

const LOCK = /^([1-9][0-9]{0,9}) ([0-9]*) ([0-9a-f]{32})$/;

export interface FileLock {
  release(): Promise<void>;
}

/**
 * Takes the lock `path`. A lock whose process is dead is taken over. Whoever takes one over must first take the
 * lock named by the dead one's token: so of two, the later finds either that taken or another token in `path`,
 * and never removes a lock that lives.
 *
 * @returns undefined when a living process has it.
 */
export async function takeLock(path: string): Promise<FileLock | undefined> {
  const token = bytesToHex(randomBytes(16));
  const own = `${path}.${token}.new`;
  const start = (await startOf(process.pid)) ?? "";
  await writeFile(own, `${process.pid} ${start} ${token}`, { flag: "wx", mode: 0o600 });
  try {
    const taken = (await linkNew(own, path)) || (await takeOver(own, path));
    return taken ? { release: () => release(path, token) } : undefined;
  } finally {
    await unlink(own).catch(unlessMissing);
  }
}

async function takeOver(own: string, path: string): Promise<boolean> {
  const found = await readLock(path);
  if (found === undefined) return linkNew(own, path);
  if (found === "foreign" || (await isAlive(found))) return false;
  const guard = await takeLock(`${path}.${found.token}`);
  if (guard === undefined) return false;
  try {
    if (tokenOf(await readLock(path)) !== found.token) return false;
    await rename(own, path);
    return true;
  } finally {
    await guard.release();
  }
}

async function release(path: string, token: string): Promise<void> {
  if (tokenOf(await readLock(path)) === token) await unlink(path).catch(unlessMissing);
}

interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly token: string;
}

/** What is in the way and not of this form is not ours to remove: `foreign`. */
async function readLock(path: string): Promise<Holder | "foreign" | undefined> {
  try {
    const [, pid, start = "", token = ""] = LOCK.exec(await readFile(path, "utf8")) ?? [];
    return pid === undefined ? "foreign" : { pid: Number(pid), start, token };
  } catch (error) {
    return unlessMissing(error);
  }
}

function tokenOf(lock: Holder | "foreign" | undefined): string | undefined {
  return lock === "foreign" ? undefined : lock?.token;
}

async function isAlive({ pid, start }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === "ESRCH") return false;
  }
  const now = await startOf(pid);
  return start === "" || now === undefined || now === start;
}

/** When a process began, in ticks since the machine did (Linux: proc_pid_stat(5), field 22). */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The second field, the program's name in brackets, may hold anything.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

async function linkNew(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}
