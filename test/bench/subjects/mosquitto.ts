/** Mosquitto at QoS 1 with persistence: a topic and a persistent session a mailbox. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { numberIn } from "../load/body.ts";
import { inFlight } from "../load/in-flight.ts";
import { freePort } from "../machine/free-port.ts";
import { ServerProcess } from "../machine/server-process.ts";
import { usageOfGroups } from "../machine/usage.ts";
import type { Subject } from "../throughput/subject.ts";
import { installed, versionOf } from "./installed.ts";

const CONNECTED_AT_ONCE = 32;

export async function startMosquitto(folder: string): Promise<Subject | undefined> {
  const command = installed("mosquitto");
  if (command === undefined) return undefined;
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const settings = [
    ...["allow_anonymous true", "persistence true", "autosave_interval 1"],
    ...["max_inflight_messages 64", "max_queued_messages 0", "set_tcp_nodelay true"],
  ];
  const config = join(folder, "mosquitto.conf");
  const user = process.getuid?.() === 0 ? ["user root"] : [];
  const lines = [`listener ${port} 127.0.0.1`, `persistence_location ${folder}/`, ...user, ...settings];
  await writeFile(config, `${lines.join("\n")}\n`);
  const server = await ServerProcess.start({ command, args: ["-c", config], port });
  const topic = (mailbox: number) => `mailbox/${mailbox}`;
  const sender = await connectAsync({ host: "127.0.0.1", port, clientId: "sender", reconnectPeriod: 0 });
  let prepared = 0;
  let connected: MqttClient[] = [];

  /** With its session, which the broker keeps; what waits in it comes at once, so it is listened to from the start. */
  async function open(mailbox: number, arrived: (number: number) => void): Promise<MqttClient> {
    const options = { clientId: `device-${mailbox}`, clean: false, reconnectPeriod: 0 };
    const { connect } = await import("mqtt");
    const client = connect({ host: "127.0.0.1", port, ...options });
    client.on("message", (_, payload) => arrived(numberIn(payload)));
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
    });
    return client;
  }
  const end = (client: MqttClient) => client.endAsync();

  return {
    name: "mosquitto",
    shapes: ["held", "live"],
    settings: [
      `mosquitto ${versionOf(command, "-h")}: ${settings.join(", ")}`,
      "QoS 1, clean session off; a connection a recipient, one for all senders",
      "it answers before anything is on disk, and writes its whole database once a second: a crash loses what came since",
    ],
    async prepare(mailboxes) {
      for (; prepared < mailboxes; prepared++) {
        const client = await open(prepared, () => undefined);
        await client.subscribeAsync(topic(prepared), { qos: 1 });
        await end(client);
      }
    },
    async deposit(mailbox, body) {
      await sender.publishAsync(topic(mailbox), body, { qos: 1 });
    },
    async connect(mailboxes, arrived) {
      await inFlight(CONNECTED_AT_ONCE, Array(mailboxes).keys(), async (mailbox) => {
        connected.push(await open(mailbox, arrived));
      });
    },
    async disconnect() {
      const clients = connected;
      connected = [];
      await Promise.all(clients.map(end));
    },
    async drain(counts) {
      await inFlight(CONNECTED_AT_ONCE, counts.entries(), async ([mailbox, count]) => {
        if (count === 0) return;
        let left = count;
        const { promise: drained, resolve } = Promise.withResolvers<void>();
        const client = await open(mailbox, () => {
          if (--left === 0) resolve();
        });
        await drained;
        await end(client);
      });
    },
    usage: () => usageOfGroups([server.pid]),
    async stop() {
      await end(sender).catch(() => undefined);
      await server.stop();
    },
  };
}
