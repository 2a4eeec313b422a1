/**
 * The one-time-code object, which keeps JSON and has no tables: a list of verifications under one name. The compiler
 * holds this to all that one has.
 */
import type { DataMapPlace } from "../../protocol/data-map.ts";
import { CODE_LIFE } from "../../protocol/limits.ts";
import type { Verification } from "../verification/verification.ts";

const NOBODY = "nobody";
const ANSWERED = "the device that verifies, in the relay's answers";
/** Others wait for one to end when as many devices as may be verify the number (verifying.ts). */
const WAITED_FOR = "; rounded up to a minute, also another that has to wait for it to end";

interface Field {
  readonly why: string;
  readonly readers: string;
}

const FIELDS: Readonly<Record<keyof Verification, Field>> = {
  id: {
    why: "16 random octets that name the verification, for the device that answers it.",
    readers: ANSWERED,
  },
  address: { why: "The device that verifies: only it may answer.", readers: NOBODY },
  sends: {
    why: "How many codes were sent: the wait before the next grows with it.",
    readers: NOBODY,
  },
  sendingUntil: {
    why: "Until when a code is on its way to the sender, so that no second one is sent meanwhile.",
    readers: `${ANSWERED}, as a time to wait${WAITED_FOR}`,
  },
  resendAt: { why: "From when another code may be asked for, ms since 1970.", readers: ANSWERED },
  expires: {
    why: "When the code, and the verification with it, ends, ms since 1970.",
    readers: `${ANSWERED}${WAITED_FOR}`,
  },
  code: {
    why: "The code as a keyed hash, or a sender's own name for a code that it made: to check what is typed.",
    readers: "nobody; a sender, its own name for a code",
  },
  attempts: {
    why: "Tries at this code: they are few, so that nobody guesses it.",
    readers: NOBODY,
  },
  verifiedAt: {
    why: "When the right code came, ms since 1970, so that a lost answer can be given again.",
    readers: `${ANSWERED}: its proof ends so long after it; whoever looks the number up, to the day, if the device is listed under it`,
  },
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
      columns: Object.entries(FIELDS).map(([column, field]) => ({
        column,
        ...field,
        goes: `at the verification's end: ${CODE_LIFE / 60_000} minutes after the last code was sent`,
      })),
    },
  ],
};
