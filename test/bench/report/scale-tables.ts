import type { BacklogFigure } from "../scale/backlog.ts";
import type { ScaleFigures } from "../scale/scale.ts";
import type { SizeFigure } from "../scale/sizes.ts";
import type { SocketFigure } from "../scale/sockets.ts";
import type { StormFigure } from "../scale/storm.ts";
import { milliseconds, octets, share, type Table, whole } from "./table.ts";

export function scaleTables({ backlogs, sizes, sockets, storm }: ScaleFigures): Table[] {
  return [backlogTable(backlogs), sizeTable(sizes), socketTable(sockets), stormTable(storm)];
}

function backlogTable(figures: readonly BacklogFigure[]): Table {
  return {
    title: "By backlog: what a message costs when so many are held in one mailbox",
    head: ["held", "one deposit", "drain all", "of it, each", "server's CPU, each drained"],
    rows: figures.map(({ backlog, deposit, drain, drainCpuEach }) => [
      whole(backlog),
      milliseconds(deposit),
      milliseconds(drain),
      milliseconds(drain / backlog),
      milliseconds(drainCpuEach * 1000),
    ]),
  };
}

function sizeTable(figures: readonly SizeFigure[]): Table {
  return {
    title: "By size of an envelope: 32 mailboxes, 16 in flight",
    head: ["envelope", "live a second", "octets a second", "held a second", "octets a second"],
    rows: figures.map(({ size, live, held }) => [
      octets(size),
      whole(live),
      octets(live * size),
      whole(held),
      octets(held * size),
    ]),
  };
}

function socketTable(figures: readonly SocketFigure[]): Table {
  return {
    title: "By devices connected: one each, then 64 in flight to 500 of them at most, in turn",
    head: [
      "sockets",
      "connected in",
      "memory each",
      "asleep, each",
      "idle CPU",
      "woken for it, a second",
      "live a second",
      "answered in",
    ],
    rows: figures.map((each) => [
      whole(each.sockets),
      `${each.connecting.toFixed(1)} s`,
      each.memoryEach === undefined ? "" : octets(each.memoryEach),
      each.asleepEach === undefined ? "" : octets(each.asleepEach),
      share(each.idleCpu),
      each.waking === undefined ? "" : whole(each.waking),
      whole(each.live),
      milliseconds(each.latency),
    ]),
  };
}

function stormTable({ devices, restart, all, median, slowest }: StormFigure): Table {
  return {
    title: "All come back at once after the relay was killed, each to one message that is held",
    head: ["devices", "relay back after", "all drained after", "one device, median", "slowest"],
    rows: [
      [
        whole(devices),
        milliseconds(restart),
        `${all.toFixed(1)} s`,
        milliseconds(median),
        milliseconds(slowest),
      ],
    ],
  };
}
