/** Every notice that was ever in force here, oldest first; the last one is. To publish a new one, append it. */
import { NOTICE_V1 } from "./v1.ts";
import { NOTICE_V2 } from "./v2.ts";
import { NOTICE_V3_DE } from "./v3.de.ts";
import { NOTICE_V3_EN } from "./v3.en.ts";
import { NOTICE_V4_DE } from "./v4.de.ts";
import { NOTICE_V4_EN } from "./v4.en.ts";
import { NOTICE_V5_DE } from "./v5.de.ts";
import { NOTICE_V5_EN } from "./v5.en.ts";

export interface PublishedNotice {
  readonly version: number;
  /**
   * Whether who agreed to the one before has not agreed to what happens now: every mailbox then takes no mail until
   * its owner agrees to this one. Else they are only told.
   */
  readonly material: boolean;
  /** By BCP 47 tag, one hash for all. English is what is shown to whoever asks for none of them. */
  readonly texts: Readonly<Record<string, string>> & { readonly en: string };
}

export const PUBLISHED: readonly PublishedNotice[] = [
  { version: 1, material: true, texts: { en: NOTICE_V1 } },
  // What it adds needs purposes of its own, which nobody had agreed to.
  { version: 2, material: false, texts: { en: NOTICE_V2 } },
  // What it adds is that less is kept: nothing of a device that has been away for 180 days.
  { version: 3, material: false, texts: { de: NOTICE_V3_DE, en: NOTICE_V3_EN } },
  // What it adds is how soon a row goes that nobody is handed any more. Nothing else of anybody's is held for it.
  { version: 4, material: false, texts: { de: NOTICE_V4_DE, en: NOTICE_V4_EN } },
  // It only says more exactly what was done before: since when a message is there and since when it is not, what stands
  // beside a code, what stays of the ledger. No other purpose, no other reader; the data map said it all along.
  { version: 5, material: false, texts: { de: NOTICE_V5_DE, en: NOTICE_V5_EN } },
];
