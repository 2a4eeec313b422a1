#!/usr/bin/env node
/** The command line. Exit codes: 0, 1 when something failed, 2 when the command was not understood. */
import { run } from "./program.ts";

// Who closed the pipe reads no more; the write that fails tells the command, this would only add a stack trace.
process.stdout.on("error", () => undefined);

process.exitCode = await run(process.argv.slice(2));

// A relay that never answers the closing handshake would keep the process for as long: everything is done by now.
setTimeout(() => process.exit(), 1000).unref();
