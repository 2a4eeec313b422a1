/** A run on its way by the deposit socket, and what its answers mean. */
import { decodeBase64url } from "../../protocol/base64url.ts";
import { isProblemCode } from "../../protocol/problem-codes.ts";
import { outcomeOfFailure, ttlLeft } from "../deposit.ts";
import { siblingsOf } from "../people/persons.ts";
import type { Reach } from "../people/reach.ts";
import { reachOf } from "../people/reaching.ts";
import type { Outcome, Queued } from "../queue.ts";
import { RelayProblem, RelayProtocolError } from "../relay-problem.ts";
import type { Session } from "../session.ts";
import type { Carrier } from "./carrier.ts";
import type { Outgoing, SocketAnswer } from "./deposit-socket.ts";

export interface Try {
  /** In the queue. */
  readonly name: string;
  readonly queued: Queued;
  /** Whether no earlier try can have arrived. */
  readonly first: boolean;
}

/** What the relay said of one; `outcome` is undefined when it must be tried again, later. */
export interface Answered {
  readonly name: string;
  readonly queued: Queued;
  readonly outcome: Outcome | undefined;
}

/** What a bearer in a frame may be; the relay would not know any other. */
const BEARER = /^[\x21-\x7e]{1,255}$/;

/** How a device is reached by socket; undefined: by plain requests only. */
export function socketReachOf(
  { vault, identity }: Session,
  carrier: Carrier,
  device: string,
): Reach | undefined {
  const reach = reachOf(vault, device);
  if (reach === undefined || !BEARER.test(reach.token) || !carrier.mayCarry(reach.relay)) return undefined;
  // One socket would show the relay that the owner's mailboxes belong together.
  if (siblingsOf(vault, identity.address.text).includes(device)) return undefined;
  return reach;
}

/**
 * @returns those that need no other try now; undefined when nothing was sent. Whatever is not among them may have
 *   arrived, and is to be sent again.
 */
export async function carryRun(
  session: Session,
  carrier: Carrier,
  reach: Reach,
  run: readonly Try[],
): Promise<Answered[] | undefined> {
  const items = run.map(({ queued }): Outgoing => {
    const key = queued.key === undefined ? undefined : decodeBase64url(queued.key);
    return {
      address: queued.to,
      bearer: reach.token,
      ttlSeconds: () => ttlLeft(queued, session.platform.now()),
      envelope: decodeBase64url(queued.envelope) ?? new Uint8Array(),
      ...(key === undefined ? {} : { key }),
    };
  });
  const answers = await carrier.carry(reach.relay, items);
  return (
    answers &&
    run.flatMap(({ name, queued, first }, i) => {
      const answer = answers[i];
      // Its time was over before it could leave: what has not been tried before is nowhere.
      if (answer === "unsent") return first ? [{ name, queued, outcome: { state: "expired" } as const }] : [];
      if (answer !== undefined) return [{ name, queued, outcome: outcomeOf(answer, queued, first) }];
      // Now or never has no second time: the device may have it.
      return queued.ttlSeconds === 0 ? [{ name, queued, outcome: { state: "undecided" } as const }] : [];
    })
  );
}

function outcomeOf(answer: SocketAnswer, queued: Queued, first: boolean): Outcome | undefined {
  if ("state" in answer) return answer;
  const { code, status } = answer;
  const error = isProblemCode(code)
    ? new RelayProblem({ type: `/v1/problems#${code}`, title: code, status, detail: code, code })
    : new RelayProtocolError("The relay names a problem that is not known here.");
  return outcomeOfFailure(error, queued, first);
}
