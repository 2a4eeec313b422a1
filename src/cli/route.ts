import type { RouteState } from "../client/numbers/answers.ts";
import { moment } from "./output.ts";

/** How a number stands in the directory, in a sentence or two. */
export function describeRoute({ state, since, effectiveAt, claim }: RouteState): string {
  const claimed =
    claim === undefined
      ? ""
      : `\nAnother device verified the number and takes it over at ${moment(claim.effectiveAt)}. If it is still yours, verify it again: restante verify NUMBER`;
  switch (state) {
    case "listed":
      return `Whoever has the number finds you${since === undefined ? "" : `, since ${moment(since)}`}.${claimed}`;
    case "waiting":
      return `The device that had the number before is still active: you are found from ${effectiveAt === undefined ? "later" : moment(effectiveAt)} on.`;
    case "superseded":
      return "Another device has verified the number and taken it over. If it is still yours: restante verify NUMBER";
    case "unlisted":
      return "Nobody finds you by a number.";
  }
}
