/**
 * Published prices, in US dollars, as read on {@link PRICES_READ}: beyond what the paid plan includes, without its
 * monthly 5 dollars and without volume discounts.
 */
export const PRICES_READ = "2026-11-25";

const WORKERS = "https://developers.cloudflare.com/workers/platform/pricing/";
const DURABLE_OBJECTS = "https://developers.cloudflare.com/durable-objects/platform/pricing/";
const TWILIO = "https://www.twilio.com/en-us/sms/pricing/us";

interface Price {
  readonly what: string;
  /** For `per` of it. */
  readonly dollars: number;
  readonly per: number;
  readonly source: string;
}

export const PRICES = {
  workerRequests: { what: "requests to a Worker", dollars: 0.3, per: 1e6, source: WORKERS },
  cpuMilliseconds: { what: "ms of a Worker's CPU", dollars: 0.02, per: 1e6, source: WORKERS },
  objectRequests: { what: "requests to Durable Objects", dollars: 0.15, per: 1e6, source: DURABLE_OBJECTS },
  gigabyteSeconds: { what: "GB-s of Durable Objects", dollars: 12.5, per: 1e6, source: DURABLE_OBJECTS },
  rowsRead: { what: "rows read", dollars: 0.001, per: 1e6, source: DURABLE_OBJECTS },
  rowsWritten: { what: "rows written", dollars: 1, per: 1e6, source: DURABLE_OBJECTS },
} as const satisfies Record<string, Price>;

/** One SMS of 160 characters within the United States, and what a large carrier there adds. */
export const SMS = {
  what: "an SMS, United States: 0.0083 and a carrier's 0.0035",
  dollars: 0.0118,
  source: TWILIO,
} as const;

/** Frames that an object is sent on its sockets and that count as one request. Those it sends are free. */
export const FRAMES_A_REQUEST = 20;

/** What an object's time is counted with, whatever it uses: 128 MB. */
export const OBJECT_GIGABYTES = 0.128;

/** `setAlarm` counts as a row written. */
export const ROWS_AN_ALARM = 1;
