import { expect, test } from "vitest";
import { type Figure, figureOf, limitOf, spread } from "./figures.ts";
import { ratiosOf } from "./ratios.ts";

const idle = { serverCpu: 0.3, loadCpu: 0.3, writtenEach: 0, inFlight: 64 };

test("a spread has the middle, the least and the most, in whatever order they came", () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
  expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, low: 1, high: 4 });
});

test("whoever was busy limits; if nobody was, the disk that was written to, or the way there and back", () => {
  expect(limitOf({ ...idle, serverCpu: 0.95, loadCpu: 0.9 })).toBe("server");
  expect(limitOf({ ...idle, loadCpu: 0.9 })).toBe("load");
  expect(limitOf({ ...idle, writtenEach: 4096 })).toBe("disk");
  expect(limitOf({ ...idle, writtenEach: 20 })).toBe("waiting");
  expect(limitOf({ ...idle, inFlight: 1 })).toBe("round trip");
  expect(limitOf({ ...idle, serverCpu: 0 })).toBe("unknown");
});

test("a held figure tells storing and draining apart", () => {
  const measured = { messages: 100, seconds: 0.5, drainSeconds: 2, latency: 1, ...idle };
  const held = figureOf({ shape: "held", inFlight: 1, mailboxes: 1 }, "one", [measured]);
  expect([held.rate.median, held.drained?.median]).toEqual([200, 50]);
  const live = figureOf({ shape: "live", inFlight: 1, mailboxes: 1 }, "one", [measured]);
  expect(live.drained).toBeUndefined();
});

test("a ratio is of medians in one case; without one of the two there is none", () => {
  const figure = (subject: string, median: number): Figure => ({
    ...{ case: "live, 1 mailbox, 1 in flight", subject, latency: 1, limit: "server" },
    ...{ serverCpu: 1, loadCpu: 0, writtenEach: 0, rate: { median, low: median, high: median } },
  });
  const ratios = ratiosOf([figure("Restante", 300), figure("RabbitMQ", 200)]);
  expect(ratios.find(({ what }) => what === "live, one sender : RabbitMQ")?.value).toBe(1.5);
  expect(ratios.filter(({ value }) => value !== undefined)).toHaveLength(1);
});
