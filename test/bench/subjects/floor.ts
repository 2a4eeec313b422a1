/** A bare Worker and a bare Durable Object: the call alone, the call with one row, and to the socket and back. */
import { join } from "node:path";
import type { AnySubject } from "../throughput/subject.ts";
import { startPlainWorker } from "./plain-worker.ts";

const WHAT = "a Worker and a Durable Object without features, on the same workerd";

export async function startFloor(folder: string): Promise<AnySubject[]> {
  const common = { worker: "floor", object: { BOX: "Box" } };
  return [
    await startPlainWorker({
      ...{ ...common, name: "bare call", deposit: "call", shapes: ["live"], arrives: false },
      ...{ folder: join(folder, "call"), settings: [`${WHAT}: the call alone, to nobody and to no disk`] },
    }),
    await startPlainWorker({
      ...{ ...common, name: "bare wire", deposit: "show", shapes: ["live"] },
      ...{
        folder: join(folder, "wire"),
        settings: [`${WHAT}: to a hibernatable WebSocket, answered when acknowledged`],
      },
    }),
    await startPlainWorker({
      ...{ ...common, name: "bare insert", deposit: "insert", shapes: ["held"] },
      ...{
        folder: join(folder, "insert"),
        settings: [`${WHAT}: one row a message, each in a transaction of its own`],
      },
    }),
  ];
}
