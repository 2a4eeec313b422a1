/** What the floor and partyserver have in common: a Worker of workers/ on bare workerd, with plain recipients. */
import { join } from "node:path";
import { BODY_SIZE } from "../load/body.ts";
import { HttpConnections, requestHead } from "../load/http.ts";
import { openPlainRecipient } from "../load/plain-recipient.ts";
import { Recipients } from "../load/recipients.ts";
import { usageOfGroups } from "../machine/usage.ts";
import { startWorkerd } from "../machine/workerd.ts";
import type { AnySubject, Shape } from "../throughput/subject.ts";
import { bundleWorker } from "./bundled.ts";

const COMPATIBILITY_DATE = "2026-10-01";

export async function startPlainWorker(options: {
  name: string;
  worker: string;
  object: Record<string, string>;
  /** First part of the path that takes a deposit. */
  deposit: string;
  /** The same of the path that recipients connect to. */
  socket?: string;
  shapes: readonly Shape[];
  arrives?: false;
  folder: string;
  settings: readonly string[];
}): Promise<AnySubject> {
  const { folder } = options;
  const { server, port } = await startWorkerd({
    ...{ folder, worker: await bundleWorker(options.worker, folder), objects: options.object },
    compatibilityDate: COMPATIBILITY_DATE,
    uniqueKey: (className) => `bench-${className}`,
    storage: join(folder, "storage"),
  });
  const http = new HttpConnections(port);
  const heads: Buffer[] = [];
  const recipients = new Recipients((mailbox, hearing) =>
    openPlainRecipient(`ws://127.0.0.1:${port}/${options.socket ?? "socket"}/${mailbox}`, hearing),
  );
  return {
    ...{ name: options.name, shapes: options.shapes, settings: options.settings },
    ...(options.arrives === false ? { arrives: false } : {}),
    async prepare(mailboxes) {
      while (heads.length < mailboxes) {
        const path = `/${options.deposit}/${heads.length}`;
        heads.push(requestHead({ method: "POST", path, port, length: BODY_SIZE }));
      }
    },
    async deposit(mailbox, body) {
      const { status } = await http.send(heads[mailbox] ?? Buffer.alloc(0), body);
      if (status !== 201) throw new Error(`${options.name} answered ${status}`);
    },
    connect: (mailboxes, arrived) => recipients.connect(mailboxes, arrived),
    disconnect: () => recipients.disconnect(),
    drain: (counts) => recipients.drain(counts),
    usage: () => usageOfGroups([server.pid]),
    async stop() {
      http.close();
      await server.stop();
    },
  };
}
