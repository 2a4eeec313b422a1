import { type VoprfKey, voprfKeys } from "../voprf/keys.ts";

/** The directory's keys, the current one first; none when this relay has no directory. */
export function directoryKeys(env: Env): readonly VoprfKey[] {
  return voprfKeys("DIRECTORY_KEYS", env.DIRECTORY_KEYS);
}

/** @returns undefined when no key of this version is in use (any more) */
export function directoryKey(env: Env, version: number): VoprfKey | undefined {
  return directoryKeys(env).find((key) => key.version === version);
}
