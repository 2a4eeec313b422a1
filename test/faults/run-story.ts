/** `run-story.ts <story> <root>`: tells a story with the SDK of that source tree; prints what a thief made of it. */
import { tellAcknowledged } from "./acknowledged-story.ts";
import { tellCopied } from "./copied-story.ts";
import { loadSdk } from "./player.ts";
import { pretendedWorld } from "./pretended-world.ts";
import { firstRobberyIn } from "./robbery.ts";

const [story, root = ""] = process.argv.slice(2);
const tell = story === "copied" ? tellCopied : tellAcknowledged;
const told = await tell(await loadSdk(root), pretendedWorld());
process.stdout.write(JSON.stringify((await firstRobberyIn(told)) ?? null));
