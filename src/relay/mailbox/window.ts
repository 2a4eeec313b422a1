/** How much a device may have unacknowledged. */
import { WINDOW_BYTES, WINDOW_MESSAGES } from "../../protocol/limits.ts";

export interface Occupancy {
  readonly messages: number;
  readonly bytes: number;
}

export const NOTHING: Occupancy = { messages: 0, bytes: 0 };

/** Whether one more frame of `size` octets may go out. */
export function fits(occupied: Occupancy, size: number): boolean {
  return occupied.messages < WINDOW_MESSAGES && occupied.bytes + size <= WINDOW_BYTES;
}
