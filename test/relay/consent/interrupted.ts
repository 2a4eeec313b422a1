/** The Worker between its own calls: before and after each one to its mailbox or to D1 something may come in between. */
import type { MailboxCalls } from "../../../src/relay/mailbox/calls.ts";

/** The Worker has stopped: what it had not done by then, nobody does for it. */
export class Crash extends Error {}

/** Asked before and after each call. */
export type Between = () => Promise<void>;

/** Nothing, but `happen` at the moment with that number, counted from 0. */
export function atMoment(number: number, happen: () => Promise<void>): Between {
  let moments = 0;
  return async () => {
    if (moments++ === number) await happen();
  };
}

async function within<T>(between: Between, call: () => Promise<T>): Promise<T> {
  await between();
  const answer = await call();
  await between();
  return answer;
}

export function mailboxThrough(mailbox: MailboxCalls, between: Between): MailboxCalls {
  return new Proxy(mailbox, {
    get:
      (target, name: keyof MailboxCalls) =>
      (...args: unknown[]) =>
        within(between, () => Reflect.apply(target[name], target, args)),
  });
}

export function recordsThrough(records: D1Database, between: Between): D1Database {
  const real = new WeakMap<object, D1PreparedStatement>();
  const through = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => through(statement.bind(...values)),
      first: () => within(between, () => statement.first()),
      all: () => within(between, () => statement.all()),
      run: () => within(between, () => statement.run()),
    } as unknown as D1PreparedStatement;
    real.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (sql: string) => through(records.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      within(between, () => records.batch(statements.map((one) => real.get(one) ?? one))),
  } as unknown as D1Database;
}
