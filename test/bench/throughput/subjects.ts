/** All subjects, started: Restante's, what it stands on, and the peers that are installed. */
import { join } from "node:path";
import { startFloor } from "../subjects/floor.ts";
import { startMosquitto } from "../subjects/mosquitto.ts";
import { startNats } from "../subjects/nats.ts";
import { startPartyserver } from "../subjects/partyserver.ts";
import { startRabbitmq } from "../subjects/rabbitmq.ts";
import { startRedis } from "../subjects/redis.ts";
import { ITEMS_IN_FRAME } from "../subjects/restante-batched.ts";
import { MANY_MAILBOXES } from "./rounds.ts";
import type { AnySubject, Subject } from "./subject.ts";

const REDIS = "Redis streams";

const PEERS = {
  RabbitMQ: startRabbitmq,
  [REDIS]: startRedis,
  mosquitto: startMosquitto,
  "NATS JetStream": startNats,
} as const;

/** As many in flight as Restante has by its deposit socket: who syncs once for all that came together gains by depth. */
function asDeep(peer: Subject): AnySubject {
  return {
    ...peer,
    ...{ name: `${peer.name}, as deep`, shapes: ["held"], batch: ITEMS_IN_FRAME },
    settings: [`the same, with as many messages in flight as ${ITEMS_IN_FRAME} a frame are`],
    stop: async () => undefined,
  };
}

/** @returns those that run; `tell` hears of the others, and why */
export async function startSubjects(
  own: readonly AnySubject[],
  folder: string,
  tell: (what: string) => void,
): Promise<AnySubject[]> {
  const subjects: AnySubject[] = [
    ...own,
    ...(await startFloor(join(folder, "floor"))),
    await startPartyserver(join(folder, "partyserver")),
  ];
  for (const [name, start] of Object.entries(PEERS))
    try {
      const peer = await start(join(folder, name.replaceAll(" ", "-")));
      if (peer === undefined) tell(`${name}: not installed`);
      else subjects.push(peer, ...(name === REDIS ? [asDeep(peer)] : []));
    } catch (error) {
      tell(`${name}: ${(error as Error).message}`);
    }
  for (const subject of [...subjects])
    try {
      await subject.prepare(MANY_MAILBOXES);
    } catch (error) {
      tell(`${subject.name}: ${(error as Error).message}`);
      subjects.splice(subjects.indexOf(subject), 1);
      await subject.stop();
    }
  return subjects;
}
