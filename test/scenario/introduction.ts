/** An introduction as the relay's key makes it; how a device gets one without the key is in test/relay/edge. */
import { randomBytes } from "node:crypto";
import { TEST_INTRODUCTION_KEYS } from "../../src/local/built-relay.ts";
import { formatIntroduction, introductionDay, introductionInput } from "../../src/protocol/introduction.ts";
import { outputOf } from "../../src/relay/voprf/evaluation.ts";
import { voprfKeys } from "../../src/relay/voprf/keys.ts";

export function introductionTo(address: string, made = Date.now()) {
  const [key] = voprfKeys("INTRODUCTION_KEYS", TEST_INTRODUCTION_KEYS);
  if (key === undefined) throw new Error("no key");
  const [nonce, day] = [randomBytes(16), introductionDay(made)];
  const output = outputOf(key, introductionInput(address, nonce, day));
  return { nonce, output, token: formatIntroduction({ keyVersion: key.version, nonce, day, output }) };
}
