/**
 * Where a profile's time went: by the file that it was spent in or for. What the platform does on a file's behalf (a
 * statement of SQL, a frame that is sent) counts for the file that asked for it, and its name stands beside it.
 */
import type { Profile } from "../machine/cpu-profile.ts";
import type { Table } from "./table.ts";

/** Files with less are left out, and functions with less than a tenth of their file's. */
const SHOWN_FROM = 0.01;
const NAMED_FROM = 0.1;
const NAMED = 4;

/** What machine/workerd.ts calls it. */
const BUNDLE = "worker.js";

/** What V8 gives a name in brackets is no file's. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  "(program)": "workerd: HTTP, WebSockets, calls of objects, the disk",
  "(garbage collector)": "garbage collector",
};

/** @param bundle the Worker as it was built, in which a comment begins each file */
export function profileTable(title: string, profile: Profile, bundle: string): Table {
  const fileAt = filesByLine(bundle);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children }) => (children ?? []).map((c) => [c, id])));
  const times = new Map<string, Map<string, number>>();
  let all = 0;
  for (const [i, id] of profile.samples.entries()) {
    const name = nodes.get(id)?.callFrame.functionName ?? "";
    if (name === "(idle)") continue;
    const time = profile.timeDeltas[i] ?? 0;
    all += time;
    const file = OWN_NAMES[name] ?? fileOf(id);
    const functions = times.get(file) ?? new Map<string, number>();
    functions.set(name, (functions.get(name) ?? 0) + time);
    times.set(file, functions);
  }

  /** The nearest caller that the bundle has, itself first. */
  function fileOf(id: number | undefined): string {
    for (let at = id; at !== undefined; at = parents.get(at)) {
      const frame = nodes.get(at)?.callFrame;
      const file = frame?.url === BUNDLE ? fileAt(frame.lineNumber) : undefined;
      if (file !== undefined) return file;
    }
    return "workerd's own JavaScript";
  }

  const rows = [...times]
    .map(([file, functions]) => ({
      file,
      functions,
      time: [...functions.values()].reduce((a, b) => a + b, 0),
    }))
    .filter(({ time }) => time / all >= SHOWN_FROM)
    .sort((a, b) => b.time - a.time)
    .map(({ file, functions, time }) => [file, percent(time / all), named(functions, time, all)]);
  return { title, head: ["in or for", "of the time", "most of it"], rows };
}

function named(functions: ReadonlyMap<string, number>, ofFile: number, all: number): string {
  return [...functions]
    .filter(([name, time]) => name !== "" && !(name in OWN_NAMES) && time / ofFile >= NAMED_FROM)
    .sort(([, a], [, b]) => b - a)
    .slice(0, NAMED)
    .map(([name, time]) => `${name} ${percent(time / all)}`)
    .join(", ");
}

/** A package is one file here: whose it is says enough. */
function filesByLine(bundle: string): (line: number) => string | undefined {
  let file: string | undefined;
  const files = bundle.split("\n").map((line) => {
    const path = /^\/\/ ((?:src|node_modules|test)\/\S+)$/.exec(line)?.[1];
    if (path !== undefined) file = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
    return file;
  });
  return (line) => files[line];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
