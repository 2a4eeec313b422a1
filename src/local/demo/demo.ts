/** `npm run demo`: the main story in a terminal, on a relay of its own that is gone afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildRelay, startRelay } from "../built-relay.ts";
import { freshRootSecret, freshVoprfKeys } from "../secrets.ts";
import { jsonNarrator, terminalNarrator } from "./narrator.ts";
import { tellStory } from "./story.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const narrator = values.json ? jsonNarrator() : terminalNarrator();
const state = await mkdtemp(join(tmpdir(), "restante-demo-"));
await buildRelay();
const relay = await startRelay({
  state,
  rootSecret: freshRootSecret(),
  directoryKeys: freshVoprfKeys(),
  introductionKeys: freshVoprfKeys(),
});
try {
  await tellStory(relay, narrator);
} finally {
  await relay.stop();
  await rm(state, { recursive: true, force: true });
}
