/** Locks between the tabs and workers of one origin: the Web Locks API. A lock ends with the tab that holds it. */

export interface TabLock {
  /** Resolves when the next taker can have it. */
  release(): Promise<void>;
}

/**
 * Takes the lock `name`. Where there are no Web Locks (a browser older than 2022), everyone gets it: the vault's
 * compare-and-set is what keeps two writers apart then, as it does when another script steals the lock.
 *
 * @returns undefined when another tab or worker has it, or this one
 */
export function takeTabLock(name: string): Promise<TabLock | undefined> {
  const locks: LockManager | undefined = navigator.locks;
  if (locks === undefined) return Promise.resolve({ release: async () => {} });
  return new Promise((resolve, reject) => {
    const released = locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) return resolve(undefined);
      return new Promise<void>((end) => {
        const release = async () => {
          end();
          // A stolen lock rejects; it is released all the same.
          await released.catch(() => undefined);
        };
        resolve({ release });
      });
    });
    released.catch(reject);
  });
}
