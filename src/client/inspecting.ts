/** What the relay stores: about this device, and at all. */
import type { HeldAnswer } from "../protocol/answers.ts";
import type { DataMapAnswer } from "../protocol/data-map.ts";
import { ROUTES } from "../protocol/routes.ts";
import { requireConsent } from "./consent-record.ts";
import { RelayProtocolError } from "./relay-problem.ts";
import type { Session } from "./session.ts";
import { callOpen, callSigned } from "./transport.ts";

export function fetchHeld({ vault, platform, identity }: Session): Promise<HeldAnswer> {
  requireConsent(vault);
  return callSigned(platform, identity, { method: "GET", path: ROUTES.held });
}

/** @throws RelayProtocolError when it is none */
export async function fetchDataMap({ platform, identity }: Session): Promise<DataMapAnswer> {
  const map = await callOpen<DataMapAnswer>(platform, identity.relay, {
    method: "GET",
    path: ROUTES.dataMap,
  });
  if (!isDataMap(map)) throw new RelayProtocolError("The relay's data map has another form.");
  return map;
}

function isDataMap({ backupDays, places }: DataMapAnswer): boolean {
  if (typeof backupDays !== "number" || !Array.isArray(places)) return false;
  return places.every(
    (place) =>
      areTexts(place?.place, place?.about) &&
      Array.isArray(place.tables) &&
      place.tables.every(
        (table) =>
          areTexts(table?.table, table?.about, table?.held) &&
          Array.isArray(table.columns) &&
          table.columns.every((column) =>
            areTexts(column?.column, column?.why, column?.readers, column?.goes),
          ),
      ),
  );
}

function areTexts(...values: unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}
