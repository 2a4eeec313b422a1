/** Work for each of `subjects`, so many at a time. */
export async function inFlight<T>(
  count: number,
  subjects: Iterable<T>,
  work: (subject: T) => Promise<unknown>,
): Promise<void> {
  const rest = subjects[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
    }),
  );
}
