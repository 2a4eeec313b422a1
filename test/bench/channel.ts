/** Figures of the channels and the vault: `npm run bench:channel`. Takes a minute; a busy machine doubles them. */
import { cpus } from "node:os";
import { benchBundle } from "./bundle.ts";
import { benchFoundings } from "./foundings.ts";
import { benchLookUp } from "./look-up.ts";
import { printLine } from "./measure.ts";
import { benchMessages } from "./messages.ts";
import { benchReceived } from "./received.ts";

console.log("npm run bench:channel");
console.log(`${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}\n`);
printLine("", "median", "10 % to 90 %", "aim");
await benchFoundings();
await benchMessages();
await benchLookUp();
await benchReceived();
await benchBundle();
