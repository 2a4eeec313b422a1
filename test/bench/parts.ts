/** The parts of a run: each starts what it needs, measures, and ends it. */
import { join } from "node:path";
import type { Device } from "../../src/client/device.ts";
import { buildWorker } from "../../src/local/built-relay.ts";
import { pair } from "../scenario/person.ts";
import { countCases } from "./cost/counting.ts";
import { BODY_SIZE } from "./load/body.ts";
import type { Plan } from "./plan.ts";
import { costTables } from "./report/cost-tables.ts";
import { scaleTables } from "./report/scale-tables.ts";
import { milliseconds, type Table, whole } from "./report/table.ts";
import { ratioTable, throughputTables } from "./report/throughput-tables.ts";
import { measureScale } from "./scale/scale.ts";
import { measureTexts, type SdkFigures } from "./sdk/texts.ts";
import { BenchRelay, restanteSubject } from "./subjects/restante.ts";
import { batchedSubject } from "./subjects/restante-batched.ts";
import { type Figure, figuresOf } from "./throughput/figures.ts";
import { arrivals, measureLive } from "./throughput/measurement.ts";
import { ratiosOf } from "./throughput/ratios.ts";
import { MANY_MAILBOXES, runRounds } from "./throughput/rounds.ts";
import type { AnySubject } from "./throughput/subject.ts";
import { startSubjects } from "./throughput/subjects.ts";

export interface Context {
  readonly folder: string;
  readonly plan: Plan;
  /** What is going on. */
  tell(what: string): void;
  /** What failed or was not there. */
  note(what: string): void;
}

interface Part {
  readonly settings: readonly string[];
  readonly tables: readonly Table[];
  readonly json: object;
}

export async function sdkAndThroughputPart(
  context: Context,
  parts: readonly string[],
): Promise<Part & { figures?: readonly Figure[] }> {
  const { plan, tell, note } = context;
  tell(`opening ${MANY_MAILBOXES} mailboxes`);
  let devices: [Device, Device] | undefined;
  const relay = await BenchRelay.start({
    folder: join(context.folder, "restante"),
    mailboxes: MANY_MAILBOXES,
    beside: async (origin) => {
      devices = await pair(origin);
    },
  });
  const restante = restanteSubject(relay);
  let subjects: AnySubject[] = [restante];
  try {
    const tables: Table[] = [];
    let [figures, sdk, raw]: [Figure[] | undefined, SdkFigures | undefined, number | undefined] = [
      undefined,
      undefined,
      undefined,
    ];
    if (parts.includes("sdk") && devices !== undefined) {
      tell("texts from SDK to SDK");
      sdk = await measureTexts(...devices, plan.texts);
      await restante.connect(1, arrivals.arrived);
      raw = (await measureLive(restante, { shape: "live", inFlight: 1, mailboxes: 1 }, plan.ms)).latency;
      await restante.disconnect();
      tables.push(sdkTable(sdk, raw));
    }
    if (parts.includes("throughput")) {
      tell("starting the peers");
      const batched = batchedSubject(relay, restante);
      subjects = await startSubjects([restante, batched], context.folder, note);
      const results = await runRounds(subjects, { ...plan, tell });
      for (const failure of results.failures) note(failure);
      for (const { name, heldInstead } of [restante, batched])
        if (heldInstead() > 0)
          note(`${name}: ${whole(heldInstead())} live deposits were held, not acknowledged in time`);
      figures = figuresOf(results);
      tables.push(...throughputTables(figures), ratioTable(ratiosOf(figures)));
    }
    return {
      settings: [
        `bodies of ${BODY_SIZE} octets; ${plan.rounds} rounds of ${plan.ms} ms a case, order turned round each time`,
        ...subjects.flatMap(({ name, settings }) => settings.map((line) => `${name}: ${line}`)),
      ],
      tables,
      json: { ...(figures && { ratios: ratiosOf(figures) }), ...(sdk && { sdk: { ...sdk, raw } }) },
      ...(figures && { figures }),
    };
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}

export async function scalePart(context: Context): Promise<Part> {
  const { plan, tell } = context;
  const { sockets, socketsAServer, storm } = plan.scale;
  const most = Math.max(...sockets);
  const servers = Math.ceil(most / socketsAServer);
  const mailboxes = Math.max(Math.min(most, socketsAServer), storm);
  const opening = await buildWorker("test/bench/workers/opening.ts", "opening");
  const started: BenchRelay[] = [];
  try {
    for (let server = 0; server < servers; server++) {
      tell(`opening ${whole(mailboxes)} mailboxes`);
      const folder = join(context.folder, `scale-${server}`);
      started.push(await BenchRelay.startOpened({ folder, mailboxes, opening }));
    }
    const [first, ...others] = started;
    if (first === undefined) throw new RangeError("no sockets are asked for");
    const scale = await measureScale([first, ...others], plan.scale, tell);
    const shared = `more than ${whole(socketsAServer)} devices are shared out to processes of the server, on one core`;
    return { settings: servers > 1 ? [shared] : [], tables: scaleTables(scale), json: { scale } };
  } finally {
    await Promise.allSettled(started.map((relay) => relay.stop()));
  }
}

export async function costPart(context: Context): Promise<Part> {
  context.tell("counting what is billed");
  const worker = await buildWorker("test/bench/workers/counted.ts", "counted");
  const relay = await BenchRelay.start({ folder: join(context.folder, "cost"), mailboxes: 1, worker });
  try {
    const cost = await countCases(relay);
    return { settings: [], tables: costTables(cost), json: { cost } };
  } finally {
    await relay.stop();
  }
}

function sdkTable(sdk: SdkFigures, raw: number): Table {
  return {
    title: "Texts from SDK to SDK, encryption included; both share the load's core",
    head: ["", "median", "slowest", "a second in turn", "a second, 16 sent without waiting"],
    rows: [
      [
        "send() to handler",
        milliseconds(sdk.median),
        milliseconds(sdk.slowest),
        whole(sdk.inTurn),
        whole(sdk.atOnce),
      ],
      ["the relay alone, deposit to acknowledged", milliseconds(raw), "", "", ""],
    ],
  };
}
