/** Assertions for the cases that run in a browser page too, where there is neither node:assert nor vitest. */

/** Equal by content: octets, arrays, maps and plain values. */
export function assertEqual(actual: unknown, expected: unknown, what = "value"): void {
  const [found, wanted] = [show(actual), show(expected)];
  if (found !== wanted) throw new Error(`${what}: ${found}, but expected ${wanted}`);
}

/** @param expected a class of errors, or a part of the message */
export function assertThrows(run: () => unknown, expected: ErrorClass | string): void {
  try {
    run();
  } catch (error) {
    assertIs(error, expected);
    return;
  }
  throw new Error("nothing was thrown");
}

export async function assertRejects(promise: Promise<unknown>, expected: ErrorClass | string): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  );
  if (error === undefined) throw new Error("it was not rejected");
  assertIs(error.reason, expected);
}

type ErrorClass = abstract new (...args: never[]) => Error;

function assertIs(error: unknown, expected: ErrorClass | string): void {
  const is =
    typeof expected === "string"
      ? error instanceof Error && error.message.includes(expected)
      : error instanceof expected;
  if (!is) throw new Error(`it failed, but not as expected: ${error}`, { cause: error });
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Uint8Array) return `octets ${[...part]}`;
    if (part instanceof Map) return { map: [...part].sort(([a], [b]) => (a < b ? -1 : 1)) };
    return part === undefined ? "(undefined)" : part;
  });
}
