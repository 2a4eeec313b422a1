/** The browser for the tests: the system's Chromium if there is one, else the one that is in a package. */
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Finds an executable Chromium.
 *
 * @param directory where the package's one may be unpacked: 180 MB, to be removed by the caller
 */
export async function findChromium(directory: string): Promise<string> {
  for (const folder of (process.env.PATH ?? "").split(delimiter))
    for (const name of NAMES) {
      const path = join(folder, name);
      if (await isExecutable(path)) return path;
    }
  return unpackChromium(directory);
}

async function unpackChromium(directory: string): Promise<string> {
  // It unpacks to the system's temporary folder, and takes what has that name already for itself.
  const before = process.env.TMPDIR;
  process.env.TMPDIR = directory;
  try {
    const { default: chromium } = await import("@sparticuz/chromium");
    return await chromium.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
