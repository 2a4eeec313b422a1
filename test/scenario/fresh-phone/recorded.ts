/** Takes apart what a client sent on its connections: HTTP/1.1 requests (RFC 9112), and WebSocket frames (RFC 6455). */

export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  /** Lower case; none is sent twice. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Recording {
  readonly requests: RecordedRequest[];
  /** Payloads of binary frames. Close, ping and pong frames are told apart by `controls`. */
  readonly frames: Buffer[];
  readonly controls: Buffer[];
}

/** @throws when anything is left over: no octet goes unread */
export function readRecording(connections: readonly Buffer[]): Recording {
  const recording: Recording = { requests: [], frames: [], controls: [] };
  for (const octets of connections) readConnection(octets, recording);
  return recording;
}

function readConnection(octets: Buffer, recording: Recording): void {
  let rest = octets;
  while (rest.length > 0) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) throw new Error("A request's head is cut off.");
    const [line = "", ...lines] = rest.subarray(0, end).toString("latin1").split("\r\n");
    const [method = "", target = ""] = line.split(" ");
    const headers = readHeaders(lines);
    rest = rest.subarray(end + 4);
    if (headers["transfer-encoding"] !== undefined) throw new Error("No client of ours sends chunks.");
    const length = Number(headers["content-length"] ?? 0);
    if (rest.length < length) throw new Error("A request's body is cut off.");
    recording.requests.push({ method, target, headers, body: rest.subarray(0, length) });
    rest = rest.subarray(length);
    if (headers.upgrade !== undefined) {
      readFrames(rest, recording);
      return;
    }
  }
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (headers[name] !== undefined) throw new Error(`Two headers ${name}.`);
    headers[name] = line.slice(colon + 1).trim();
  }
  return headers;
}

const BINARY = 2;
const FIRST_CONTROL = 8;

/** Each whole and masked, as a client's must be (§5.1, §5.2). */
function readFrames(octets: Buffer, { frames, controls }: Recording): void {
  let at = 0;
  while (at < octets.length) {
    const opcode = (octets[at] ?? 0) & 0x0f;
    const masked = octets[at + 1] ?? 0;
    if ((octets[at] ?? 0) < 0x80 || masked < 0x80) throw new Error("A frame in parts, or without a mask.");
    at += 2;
    let length = masked & 0x7f;
    if (length === 126) {
      length = octets.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(octets.readBigUInt64BE(at));
      at += 8;
    }
    const mask = octets.subarray(at, at + 4);
    const payload = Buffer.from(
      octets.subarray(at + 4, at + 4 + length).map((o, i) => o ^ (mask[i % 4] ?? 0)),
    );
    at += 4 + length;
    if (opcode !== BINARY && opcode < FIRST_CONTROL) throw new Error("Neither a binary frame nor a control.");
    (opcode === BINARY ? frames : controls).push(payload);
  }
}
