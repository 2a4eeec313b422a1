/** Tells a story with the SDK of the source tree that is its argument, and prints what a thief made of it. */
import { loadSdk } from "./player.ts";
import { pretendedWorld } from "./pretended-world.ts";
import { robberiesIn } from "./robbery.ts";
import { tellAcknowledged } from "./story.ts";

const [root = ""] = process.argv.slice(2);
const told = await tellAcknowledged(await loadSdk(root), pretendedWorld());
process.stdout.write(JSON.stringify(await robberiesIn(told, false)));
