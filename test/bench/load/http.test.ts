import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { HttpConnections, requestHead } from "./http.ts";

let server: Server | undefined;
let connections: HttpConnections | undefined;

afterEach(() => {
  connections?.close();
  server?.close();
});

async function serve(answer: (body: string) => string): Promise<(body: string) => Promise<string>> {
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const text = answer(body);
      response.writeHead(201, { "content-length": Buffer.byteLength(text) }).end(text);
    });
  });
  server = http;
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const pool = new HttpConnections(port);
  connections = pool;
  return async (body) => {
    const head = requestHead({ method: "POST", path: "/", port, length: Buffer.byteLength(body) });
    const { status, body: text } = await pool.send(head, Buffer.from(body));
    expect(status).toBe(201);
    return text.toString();
  };
}

test("each request gets its own answer, however large, on however many connections", async () => {
  const send = await serve((body) => body.repeat(50_000));
  const bodies = Array.from({ length: 20 }, (_, i) => `${i},`);
  expect(await Promise.all(bodies.map(send))).toEqual(bodies.map((body) => body.repeat(50_000)));
});

test("a connection that the server closed while it was idle is not used again", async () => {
  const send = await serve((body) => body);
  await send("before");
  server?.closeAllConnections();
  expect(await send("after")).toBe("after");
});
