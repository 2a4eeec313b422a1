/**
 * The one-time-code object, which keeps JSON and has no tables: a list of verifications under one name. The compiler
 * holds this to all that one has.
 */
import type { DataMapPlace } from "../../protocol/data-map.ts";
import { CODE_LIFE } from "../../protocol/limits.ts";
import type { Verification } from "../verification/verification.ts";

const WHY: Readonly<Record<keyof Verification, string>> = {
  id: "16 random octets that name the verification, for the device that answers it.",
  address: "The device that verifies: only it may answer.",
  sends: "How many codes were sent: the wait before the next grows with it.",
  sendingUntil: "Until when a code is on its way to the sender, so that no second one is sent meanwhile.",
  resendAt: "From when another code may be asked for, ms since 1970.",
  expires: "When the code, and the verification with it, ends, ms since 1970.",
  code: "The code as a keyed hash, or a sender's own name for a code that it made: to check what is typed.",
  attempts: "Tries at this code: they are few, so that nobody guesses it.",
  verifiedAt: "When the right code came, ms since 1970, so that a lost answer can be given again.",
};

export const ONE_TIME_CODE: DataMapPlace = {
  place: "one-time-code",
  about:
    "The Durable Object of a number that is being verified. It is named by a keyed hash and does not know the number; with a device in a jurisdiction it is in that one.",
  tables: [
    {
      table: "verifications",
      about: "Verifications of the number that are under way, one a device.",
      held: "no: without the number, which the relay does not keep, your device's one cannot be found",
      columns: Object.entries(WHY).map(([column, why]) => ({
        column,
        why,
        readers: "nobody",
        goes: `at the verification's end: ${CODE_LIFE / 60_000} minutes after the last code was sent`,
      })),
    },
  ],
};
