/** What anyone may read. */
import type { NoticeAnswer } from "../../protocol/answers.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { MARK_GRACE } from "../../protocol/limits.ts";
import { isProblemCode } from "../../protocol/problem-codes.ts";
import { PROBLEMS, problem } from "../../protocol/problems.ts";
import { servedJurisdictions } from "../consent/jurisdictions.ts";
import { currentNotice } from "../consent/notice.ts";
import { offeredPurposes, PURPOSE_DESCRIPTIONS } from "../consent/purposes.ts";
import { ceilingSeconds } from "../consent/retention.ts";
import type { RelayContext } from "../edge/context.ts";
import { acceptedLanguage } from "../edge/language.ts";
import { receiptKeySet } from "../receipts/key-set.ts";
import { numberVendors } from "../verification/number-vendors.ts";

/** Every notice is there in it. */
const ENGLISH = "en";

/** Short, so that a rotated key or a new notice is seen within minutes. */
const CACHED = "public, max-age=300";

export async function getHealth(c: RelayContext): Promise<Response> {
  return c.json({ status: "ok" });
}

export async function getProblems(c: RelayContext): Promise<Response> {
  c.header("cache-control", CACHED);
  return c.json({ problems: Object.keys(PROBLEMS).filter(isProblemCode).map(problem) });
}

export async function getNotice(c: RelayContext): Promise<Response> {
  const { version, hash, controller, material, texts, languages } = currentNotice(c.env);
  const language = acceptedLanguage(c, Object.keys(texts), ENGLISH);
  c.header("content-language", language);
  c.header("vary", "accept-language");
  const jurisdictions = servedJurisdictions(c.env);
  return c.json({
    ...{ version, hash, controller, material, language },
    text: texts[language] ?? texts[ENGLISH],
    languages: languages.map(({ language, hash }) => ({ language, textHash: encodeBase64url(hash) })),
    purposes: offeredPurposes(c.env).map((purpose) => ({
      purpose,
      description: PURPOSE_DESCRIPTIONS[purpose],
      jurisdictions: jurisdictions.filter((one) => offeredPurposes(c.env, one).includes(purpose)),
    })),
    retention: { maxTtlSeconds: ceilingSeconds(c.env), markGraceSeconds: MARK_GRACE / 1000 },
    jurisdictions,
    numberVendors: numberVendors(c.env),
  } satisfies NoticeAnswer);
}

export async function getKeySet(c: RelayContext): Promise<Response> {
  c.header("cache-control", CACHED);
  return c.json(receiptKeySet(c.env));
}
