import { type ConsentEvent, type ConsentHappening, eventHash } from "../../protocol/ledger/event.ts";

/** The newest event of a consent; what the next one follows. */
export interface NewestEvent {
  readonly position: number;
  readonly hash: string;
}

/** Places a happening behind `newest`, or first when the consent has no event yet. */
export function followingEvent(newest: NewestEvent | undefined, happening: ConsentHappening): ConsentEvent {
  const position = newest === undefined ? 0 : newest.position + 1;
  const event = { ...happening, position, previousHash: newest?.hash ?? null };
  return { ...event, hash: eventHash(event) };
}
