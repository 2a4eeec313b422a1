/** The number directory: its parameters, its buckets, and how a device stands in it. */
import * as v from "valibot";
import type { DirectoryAnswer, RouteAnswer } from "../../protocol/answers.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { parsePrefix } from "../../protocol/directory/prefix.ts";
import { livePurpose } from "../consent/live-purpose.ts";
import { materialSince } from "../consent/notice.ts";
import { assembleBucket } from "../directory/bucket.ts";
import { directorySize, directorySizes, entriesUnder } from "../directory/bucket-store.ts";
import { directoryKey, directoryKeys } from "../directory/keys.ts";
import { standing, unlist } from "../directory/leaving.ts";
import { listNumber, noteClaim } from "../directory/listing.ts";
import { moveUp } from "../directory/moving-up.ts";
import type { OwnRoute } from "../directory/own-route.ts";
import type { Holder } from "../directory/settlement.ts";
import { finestWidth, isServed, widthFor } from "../directory/width.ts";
import { JSON_TYPE, OCTETS, parseJson, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { parseNumber } from "../numbers/number.ts";
import { openNumberProof } from "../numbers/proof.ts";
import { introductionKeys } from "../secrets/introduction-keys.ts";
import { grantedPurpose } from "./granted-purpose.ts";
import { ownMailbox, ownRecords } from "./own-mailbox.ts";

/** Short, so that a new key, or a width that moved, is seen within minutes. */
const PARAMETERS_CACHED = "public, max-age=300";

/** Takes the weight of a prefix that many look at; who leaves the list is found for a minute more at most. */
const BUCKET_CACHED = "public, max-age=60";

const LISTING = v.union([v.strictObject({ proof: v.string() }), v.strictObject({ number: v.string() })]);

/** Before anything else on the directory's paths. */
export function requireDirectory(c: RelayContext): void {
  if (directoryKeys(c.env).length === 0) throw new ProblemError("no-directory");
}

export async function getDirectory(c: RelayContext): Promise<Response> {
  requireDirectory(c);
  const sizes = await directorySizes(c.env.RECORDS);
  c.header("cache-control", PARAMETERS_CACHED);
  return c.json({
    keys: directoryKeys(c.env).map(({ version, publicKey }) => ({
      version,
      publicKey: encodeBase64url(publicKey),
      width: widthFor(sizes.get(version) ?? 0),
    })),
    introductionKeys: introductionKeys(c.env).map(({ version, publicKey }) => ({
      version,
      publicKey: encodeBase64url(publicKey),
    })),
  } satisfies DirectoryAnswer);
}

export async function getBucket(c: RelayContext): Promise<Response> {
  requireDirectory(c);
  const version = /^[1-9][0-9]{0,2}$/.exec(c.req.param("version") ?? "")?.[0];
  const key = version === undefined ? undefined : directoryKey(c.env, Number(version));
  const prefix = parsePrefix(c.req.param("prefix") ?? "");
  if (key === undefined || prefix === undefined) throw new ProblemError("no-bucket");
  const width = widthFor(await directorySize(c.env.RECORDS, key.version));
  if (!isServed(prefix.width, width)) throw new ProblemError("no-bucket");
  const served = { materialSince: materialSince(), now: Date.now() };
  const rows = await entriesUnder(c.env.RECORDS, key.version, prefix, served);
  const bucket = await assembleBucket(c.env, key.version, prefix, rows, finestWidth(width));
  return c.body(new Uint8Array(bucket), 200, { "content-type": OCTETS, "cache-control": BUCKET_CACHED });
}

export async function putRoute(c: RelayContext): Promise<Response> {
  requireDirectory(c);
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const sent = parseJson(c.var.device.body, LISTING);
  const { address } = c.var.device;
  orProblem(await ownMailbox(c).useNonce(c.var.nonce));
  const device = { consentId: await grantedPurpose(c, "discovery"), address: address.text };
  // Whoever has ended it has said that the relay may not see the number any more, in a proof of before neither.
  await grantedPurpose(c, "number");
  const now = Date.now();
  if ("number" in sent) return moveUpByNumber(c, device, sent.number, now);
  const proof = openNumberProof(c.env, address.text, sent.proof, now);
  if (proof === undefined) throw new ProblemError("proof-invalid");
  const listing = await listNumber(c.env, device, proof, now);
  if (listing.outcome === "refused") throw new ProblemError(listing.code);
  return c.json(routeAnswer(listing.route, now) satisfies RouteAnswer);
}

export async function getRoute(c: RelayContext): Promise<Response> {
  requireDirectory(c);
  const address = c.var.device.address.text;
  // Nothing is listed without a consent; what is asked for here may be why the purpose has gone.
  ownRecords(c);
  const granted = await livePurpose(c.env, address, "messaging");
  if (granted === undefined) throw new ProblemError("no-consent");
  const device = { consentId: granted.consentId, address };
  const now = Date.now();
  const route = await standing(c.env, device, now);
  // Whoever claimed it may have left since, and nobody told this mailbox.
  if (route.state === "listed" && route.claim === undefined) await noteClaim(c.env, device, null);
  return c.json(routeAnswer(route, now) satisfies RouteAnswer);
}

export async function deleteRoute(c: RelayContext): Promise<Response> {
  requireDirectory(c);
  orProblem(await ownMailbox(c).useNonce(c.var.nonce));
  const address = c.var.device.address.text;
  const granted = await livePurpose(c.env, address, "messaging");
  if (granted === undefined) throw new ProblemError("no-consent");
  await unlist(c.env, { consentId: granted.consentId, address }, Date.now());
  return c.json({ state: "unlisted", versions: [] } satisfies RouteAnswer);
}

async function moveUpByNumber(c: RelayContext, device: Holder, text: string, now: number): Promise<Response> {
  const number = parseNumber(text);
  if (number === undefined) throw new ProblemError("malformed-number");
  if (!(await moveUp(c.env, device, number.text))) throw new ProblemError("proof-invalid");
  return c.json(routeAnswer(await standing(c.env, device, now), now) satisfies RouteAnswer);
}

/** A claim in effect is served, settled or not. */
function routeAnswer(route: OwnRoute, now: number): RouteAnswer {
  switch (route.state) {
    case "listed": {
      const claim = route.claim && { effectiveAt: route.claim.effectiveAt };
      return {
        state: "listed",
        since: route.since,
        versions: [...route.keyVersions],
        ...(claim && { claim }),
      };
    }
    case "waiting": {
      const { since, effectiveAt } = route;
      const versions = [...route.keyVersions];
      if (effectiveAt <= now) return { state: "listed", since, versions };
      return { state: "waiting", since, effectiveAt, versions };
    }
    default:
      return { state: route.state, versions: [] };
  }
}
