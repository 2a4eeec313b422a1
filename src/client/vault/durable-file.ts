/** Files written so that they are there after a crash, and removed so that their beginning is not. */
import { constants } from "node:fs";
import { type FileHandle, open, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Overwrites the first `size` octets of a file and removes it: best effort where the medium does not overwrite
 * in place. A `leftover` that is but another name of `path`, after a crash, loses that name only.
 */
export async function destroy(leftover: string, path: string, size: number): Promise<void> {
  const there = await stat(leftover, { bigint: true }).catch(unlessMissing);
  if (there === undefined) return;
  const vault = await stat(path, { bigint: true }).catch(unlessMissing);
  if (vault?.ino !== there.ino || vault.dev !== there.dev) {
    const handle = await open(leftover, constants.O_WRONLY);
    try {
      await writeAll(handle, new Uint8Array(size), 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  await unlink(leftover);
  await syncDirectory(path);
}

export async function writeAll(handle: FileHandle, octets: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < octets.length; ) {
    const { bytesWritten } = await handle.write(octets, at, octets.length - at, position + at);
    at += bytesWritten;
  }
}

/** Makes the names in `path`'s directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows opens no directories and orders renames by itself.
  if (process.platform === "win32") return;
  const directory = await open(dirname(path), constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** For `catch`: what is not there is undefined, any other failure stays one. */
export function unlessMissing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT") throw error;
}

/** The system's name of an error, such as ENOENT. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
