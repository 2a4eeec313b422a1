/** A device's parts, put together. */
import { Fallbacks } from "./fallback/fallbacks.ts";
import { Housekeeping } from "./housekeeping.ts";
import { OwnDevices } from "./linking/own-devices.ts";
import { Correspondents } from "./numbers/correspondents.ts";
import { Directory } from "./numbers/directory.ts";
import { Numbers } from "./numbers/numbers.ts";
import { OwnNumberWatch } from "./numbers/self-check.ts";
import { Outbox } from "./outbox.ts";
import { Reception } from "./reception.ts";
import type { Session } from "./session.ts";

export interface Parts {
  readonly outbox: Outbox;
  readonly correspondents: Correspondents;
  readonly fallbacks: Fallbacks;
  readonly numbers: Numbers;
  readonly housekeeping: Housekeeping;
  readonly reception: Reception;
  readonly ownDevices: OwnDevices;
}

export function assemble(session: Session): Parts {
  const outbox = new Outbox(session);
  const directory = new Directory(session);
  const correspondents = new Correspondents(session, outbox, directory);
  const fallbacks = new Fallbacks(session, outbox, correspondents);
  const numbers = new Numbers(session, directory, correspondents, fallbacks);
  const watch = new OwnNumberWatch(session, directory);
  const housekeeping = new Housekeeping(session, outbox, fallbacks, watch);
  const reception = new Reception(session, housekeeping);
  const ownDevices = new OwnDevices(session, housekeeping);
  return { outbox, correspondents, fallbacks, numbers, housekeeping, reception, ownDevices };
}
