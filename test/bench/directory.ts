/**
 * Figures of the number directory: `npm run bench:directory`. Builds the Worker and runs it on this machine's workerd,
 * with D1 in a file; takes two minutes, most of them to fill the directory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { buildRelay, startRelay } from "../../src/local/built-relay.ts";
import { formatAddress } from "../../src/protocol/address.ts";
import type { ConsentGrantedAnswer } from "../../src/protocol/answers.ts";
import { ROW_SIZE } from "../../src/protocol/directory/bucket.ts";
import { ENTRY_NONCE_SIZE, sealEntry } from "../../src/protocol/directory/entry.ts";
import { RawDevice } from "../scenario/raw-device.ts";
import { entriesOf, tagsOf } from "./address-book.ts";
import { printLine, printTimes } from "./measure.ts";
import { populate, rowsReadFor, verify } from "./populated.ts";

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const CONTACTS = 500;
/** Of the contacts, those who are listed. */
const LISTED = 200;

const numbers = Array.from({ length: CONTACTS }, (_, i) => `+4915112${String(i).padStart(6, "0")}`);
const vars = { LOOK_UPS_PER_DAY: 1_000_000 };
/** The same for every relay: a device's signatures name it. */
let port = 0;
const state = await mkdtemp(join(tmpdir(), "restante-bench-"));
const ms = (time: number) => `${time.toFixed(0)} ms`;
const kilobytes = (octets: number) => `${(octets / 1024).toFixed(1)} KiB`;
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Runs on a relay that is not there while the directory is filled. */
async function onRelay<T>(work: (origin: string) => Promise<T>): Promise<T> {
  const relay = await startRelay({ state, vars, port });
  port = Number(new URL(relay.origin).port);
  try {
    return await work(relay.origin);
  } finally {
    await relay.stop();
  }
}

console.log("npm run bench:directory");
console.log(`${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}\n`);
try {
  await buildRelay();
  const seeking = await onRelay(async (origin) => {
    const device = new RawDevice(origin);
    const statement = await device.statement({ purposes: ["messaging", "number"] });
    const answer = await device.signed("POST", "/v1/consents", { json: statement });
    const { consentId } = (await answer.json()) as ConsentGrantedAnswer;
    return { device, consentId };
  });
  verify(state, seeking.consentId);

  const { keys } = await onRelay(async () => {
    const { device } = seeking;
    // The first batch finds a cold Worker.
    await tagsOf(device, numbers.slice(0, 32));
    const looked = await tagsOf(device, numbers);
    printTimes(
      "32 evaluations with their proof, the whole call",
      looked.batches.toSorted((a, b) => a - b),
    );
    printLine(`${CONTACTS} contacts: blinding, checking, unblinding`, ms(looked.spent.client));
    printLine(`${CONTACTS} contacts: evaluated by the relay`, ms(looked.spent.relay));
    return looked;
  });

  const address = formatAddress(ed25519.keygen().publicKey);
  const real = keys.slice(0, LISTED).map((one) => ({
    routeId: one.routeId,
    entry: sealEntry({ address, verifiedDay: 20_000 }, one, new Uint8Array(ENTRY_NONCE_SIZE)),
  }));
  for (const routes of SIZES) {
    populate(state, routes, real);
    await onRelay(async (origin) => {
      const looked = await entriesOf(origin, keys);
      if (looked.found !== LISTED) throw new Error(`found ${looked.found} of ${LISTED}`);
      const rows = looked.prefixes.map((prefix) => rowsReadFor(state, prefix === "all" ? "" : prefix));
      const [size, total] = [median(looked.sizes), looked.sizes.reduce((sum, one) => sum + one, 0)];
      console.log(`\n${routes.toLocaleString("en")} registered numbers, ${looked.width} bits of prefix`);
      printLine("a bucket, median", `${size / ROW_SIZE} rows`, kilobytes(size));
      printLine("rows of D1 read for it, median", String(median(rows)));
      printLine(`${CONTACTS} contacts: buckets fetched`, String(looked.sizes.length), kilobytes(total));
      printLine("rows of D1 read for all of them", String(rows.reduce((sum, one) => sum + one, 0)));
      printLine("waited for them, six at once", ms(looked.took), `${ms(looked.spent.relay)} in all`);
      printLine("searched and opened by the client", ms(looked.spent.client));
    });
  }
} finally {
  await rm(state, { recursive: true, force: true });
}
