import { readFileSync } from "node:fs";
import type { AnySubject } from "../throughput/subject.ts";
import { startPlainWorker } from "./plain-worker.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../../../node_modules/partyserver/package.json", import.meta.url), "utf8"),
) as { version: string };

export function startPartyserver(folder: string): Promise<AnySubject> {
  return startPlainWorker({
    ...{ name: "partyserver", worker: "party", object: { Room: "Room" }, deposit: "parties/room" },
    ...{ socket: "parties/room", shapes: ["held", "live"], folder },
    settings: [
      `partyserver ${version}, hibernating, on the same workerd: stores each message, broadcasts it, deletes it when acknowledged`,
      "answers the sender when the message is stored",
    ],
  });
}
