import { type VoprfKey, voprfKeys } from "../voprf/keys.ts";

const NAME = "INTRODUCTION_KEYS";

/** The keys that introductions are made and checked under, newest first; none: this relay has no introductions. */
export function introductionKeys(env: Env & { readonly [NAME]?: string }): readonly VoprfKey[] {
  return voprfKeys(NAME, env[NAME]);
}

export function introductionKey(env: Env, version: number): VoprfKey | undefined {
  return introductionKeys(env).find((key) => key.version === version);
}
