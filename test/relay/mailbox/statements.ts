/** Counts all that a mailbox asks of its storage. */
import { inStorage, type Stub } from "./stage.ts";

export interface Statements {
  readonly executed: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly transactions: number;
  /** How often the alarm was set: a row each. */
  readonly alarms: number;
}

/** What `work` makes the mailbox do to its storage, besides what looks at it from here. */
export async function statements(stub: Stub, work: () => Promise<unknown>): Promise<Statements> {
  const cursors: { rowsRead: number; rowsWritten: number }[] = [];
  const counted = { transactions: 0, alarms: 0 };
  const restore = await inStorage(stub, (sql, { storage }) => {
    const exec = sql.exec.bind(sql);
    const transactionSync = storage.transactionSync.bind(storage);
    const setAlarm = storage.setAlarm.bind(storage);
    const replace = (object: object, name: string, value: unknown) => {
      Object.defineProperty(object, name, { configurable: true, value });
      return () => Reflect.deleteProperty(object, name);
    };
    const replaced = [
      replace(sql, "exec", (...args: Parameters<typeof exec>) => {
        const cursor = exec(...args);
        cursors.push(cursor);
        return cursor;
      }),
      replace(storage, "transactionSync", (...args: Parameters<typeof transactionSync>) => {
        counted.transactions++;
        return transactionSync(...args);
      }),
      replace(storage, "setAlarm", (...args: Parameters<typeof setAlarm>) => {
        counted.alarms++;
        return setAlarm(...args);
      }),
    ];
    return () => {
      for (const back of replaced) back();
    };
  });
  await work();
  restore();
  // A cursor that was left half-way says what it read to its own object only.
  const sum = (of: "rowsRead" | "rowsWritten") => cursors.reduce((total, cursor) => total + cursor[of], 0);
  const rows = await inStorage(stub, () => ({ rowsRead: sum("rowsRead"), rowsWritten: sum("rowsWritten") }));
  return { executed: cursors.length, ...rows, ...counted };
}

/** Rows that the statements of `work` wrote. */
export async function rowsWritten(stub: Stub, work: () => Promise<unknown>): Promise<number> {
  return (await statements(stub, work)).rowsWritten;
}
