/** Once for all browser tests: finds a browser. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findChromium } from "./chromium.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of an executable. */
    chromium: string;
  }
}

export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "restante-chromium-"));
  const remove = () => rm(directory, { recursive: true });
  try {
    project.provide("chromium", await findChromium(directory));
    return remove;
  } catch (error) {
    await remove();
    throw error;
  }
}
