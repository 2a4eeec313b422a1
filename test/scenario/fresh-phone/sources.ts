/** What the program's own text says of calls: which the relay takes, and which routes its clients know. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROUTES } from "../../../src/protocol/routes.ts";

const SOURCE = fileURLToPath(new URL("../../../src", import.meta.url));

/** The relay's table of routes, as `GET /v1/notice`. */
export async function callsTaken(): Promise<string[]> {
  const table = await readFile(join(SOURCE, "relay", "app.ts"), "utf8");
  return [...table.matchAll(/^app\.(\w+)\(ROUTES\.(\w+)/gm)].map(
    ([, method = "", name = ""]) => `${method.toUpperCase()} ${routeOf(name)}`,
  );
}

/** The routes that SDK and command line name. */
export async function routesUsed(): Promise<string[]> {
  const files = await Promise.all(["client", "cli"].map((folder) => readFolder(join(SOURCE, folder))));
  const names = files
    .flat()
    .flatMap((text) => [...text.matchAll(/\bROUTES\.(\w+)/g)].map(([, name = ""]) => name));
  return [...new Set(names)].map(routeOf);
}

function routeOf(name: string): string {
  const route = Object.entries(ROUTES).find(([key]) => key === name)?.[1];
  if (route === undefined) throw new Error(`No route ${name}.`);
  return route;
}

async function readFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
}
