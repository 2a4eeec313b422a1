/** Waiting, connected, for something else than texts. */
import type { Device } from "../client/device.ts";
import type { LineState } from "../client/line.ts";
import { Failure } from "./failure.ts";

/**
 * Connects the device and waits until `look` finds what is waited for; it looks at once and after all news. Texts
 * that arrive meanwhile are taken in and stay in the device: the next listen shows them.
 *
 * @param seconds how long to wait at most
 * @returns undefined when that is over, or on Ctrl-C
 * @throws Failure when the connection is ended for good
 */
export async function waitConnected<T>(
  device: Device,
  seconds: number,
  look: () => T | undefined,
): Promise<T | undefined> {
  const ended = new AbortController();
  const end = () => ended.abort();
  let found = look();
  if (found !== undefined) return found;
  const stopListening = device.listen(() => {
    found ??= look();
    if (found !== undefined) end();
  });
  process.once("SIGINT", end).once("SIGTERM", end);
  const timer = setTimeout(end, seconds * 1000);
  let state: LineState | undefined;
  const onState = (next: LineState) => {
    state = next;
  };
  const texts = device.inbox({ signal: ended.signal, onState });
  try {
    // Asked for one text and no more: to ask for the next would say that this one has been shown.
    const { done } = await texts.next();
    if (!done && !ended.signal.aborted)
      await new Promise((resolve) => ended.signal.addEventListener("abort", resolve));
    if (!ended.signal.aborted)
      throw new Failure(state ?? "closed", "The connection ended for good before it was done.");
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", end).off("SIGTERM", end);
    stopListening();
    await texts.return();
  }
  return found;
}
