/**
 * The command line, with an ear on every way out of its process.
 *
 * argv: the file to which what was heard goes at the end, one a line; then the command line's own
 */
import { writeFileSync } from "node:fs";
import { WaysOut } from "../ways-out.ts";

const ear = WaysOut.hear();
const [file = ""] = process.argv.splice(2, 1);
process.on("exit", () => writeFileSync(file, ear.take().join("\n")));

await import("../../src/cli/restante.ts");
