/** Deposits on their way from one device, in the hands of whoever carries them: passed on, held back, lost, counted. */
import type { DepositAnswer } from "../../src/protocol/answers.ts";
import { PROBLEM_MEDIA_TYPE } from "../../src/protocol/problem-codes.ts";
import { problem } from "../../src/protocol/problems.ts";

interface Carried {
  readonly input: Parameters<typeof fetch>[0];
  readonly init: RequestInit | undefined;
}

/** What becomes of a call: taken to the relay, kept with a false word that it is there, not taken, or refused. */
export type Treatment = "pass" | "keep" | "lose" | "refuse";

export class Courier {
  /** Asked for each deposit and each claim of a key. */
  treat: (call: { to: string; kind: "deposit" | "claim"; octets: number }) => Treatment = () => "pass";
  /** Calls of any kind, since this was last set to 0. */
  calls = 0;
  readonly #kept: Carried[] = [];

  readonly fetch: typeof fetch = async (input, init) => {
    this.calls++;
    const [, to = "", rest = ""] = /\/mailboxes\/([^/]+)\/(.+)$/.exec(String(input)) ?? [];
    const kind = rest.startsWith("messages") ? "deposit" : "claim";
    const octets = init?.body instanceof Uint8Array ? init.body.length : 0;
    const treatment = to === "" ? "pass" : this.treat({ to, kind, octets });
    if (treatment === "lose") throw new TypeError("no route");
    if (treatment === "pass") return fetch(input, init);
    if (treatment === "refuse") {
      const headers = { "content-type": PROBLEM_MEDIA_TYPE };
      return Response.json(problem("mailbox-full"), { status: 429, headers });
    }
    this.#kept.push({ input, init });
    const answer: DepositAnswer = { state: "held", heldUntil: Date.now() + 600_000 };
    return Response.json(answer, { status: 201 });
  };

  get kept(): number {
    return this.#kept.length;
  }

  /** Takes what was kept to the relay, in this order of the indices it was kept under; without one, as it came. */
  async release(order = this.#kept.map((_, i) => i)): Promise<void> {
    const kept = this.#kept.splice(0);
    for (const index of order) {
      const carried = kept[index];
      if (carried === undefined) continue;
      // The signal that bounded the first try has ended by now.
      const { signal: _, ...init } = carried.init ?? {};
      const response = await fetch(carried.input, init);
      if (!response.ok) throw new Error(`not taken: ${await response.text()}`);
    }
  }
}
