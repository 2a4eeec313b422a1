/** What is stored at all, for anyone. */
import { DATA_MAP } from "../data-map/data-map.ts";
import type { RelayContext } from "../edge/context.ts";

/** Changes only with a deploy; short, so that a new one is seen within minutes. */
const CACHED = "public, max-age=300";

export async function getDataMap(c: RelayContext): Promise<Response> {
  c.header("cache-control", CACHED);
  return c.json(DATA_MAP);
}
