/** The answer to `GET /v1/data-map`: every column that the relay has anywhere, whosever rows they are. */
export interface DataMapAnswer {
  /** Days for which the platform's backups can restore what has gone; nobody can switch them off. */
  backupDays: number;
  places: DataMapPlace[];
}

export interface DataMapPlace {
  /** `records`: D1. `mailbox`: the Durable Object of one device. `one-time-code`: that of one number. */
  place: "records" | "mailbox" | "one-time-code";
  about: string;
  tables: DataMapTable[];
}

export interface DataMapTable {
  table: string;
  about: string;
  /** How its rows reach `GET /v1/mailbox/held`, or why they don't. */
  held: string;
  columns: DataMapColumn[];
}

export interface DataMapColumn {
  column: string;
  /** Why it is there. */
  why: string;
  /** Who can read it. Whoever runs the relay or its platform always can, and is not named each time. */
  readers: string;
  /** When it goes. */
  goes: string;
}
