import { type VoprfKey, voprfKeys } from "../voprf/keys.ts";

/** The keys that introductions are made and checked under, newest first; none: this relay has no introductions. */
export function introductionKeys(env: Env): readonly VoprfKey[] {
  return voprfKeys("INTRODUCTION_KEYS", env.INTRODUCTION_KEYS);
}

/** @returns undefined when no key of this version is in use (any more) */
export function introductionKey(env: Env, version: number): VoprfKey | undefined {
  return introductionKeys(env).find((key) => key.version === version);
}
