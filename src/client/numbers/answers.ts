/** Answers of the relay about numbers, read with care: what they say ends up in the vault and in front of people. */
import { decodeBase64url } from "../../protocol/base64url.ts";
import { MAX_WIDTH } from "../../protocol/directory/prefix.ts";
import { decodeElement, PROOF_SIZE } from "../../protocol/voprf.ts";
import { RelayProtocolError } from "../relay-problem.ts";

/** A key that the relay evaluates blinded elements with. */
export interface EvaluationKey {
  readonly version: number;
  readonly publicKey: Uint8Array;
}

export interface DirectoryKey extends EvaluationKey {
  /** Bits of a bucket's prefix. */
  readonly width: number;
}

export interface DirectoryParameters {
  /** The current one first. */
  readonly keys: readonly DirectoryKey[];
  readonly introductionKeys: readonly EvaluationKey[];
}

/** More keys at once than any rotation needs. */
const MAX_KEYS = 8;

/** @throws RelayProtocolError */
export function readParameters(json: unknown): DirectoryParameters {
  const { keys, introductionKeys = [] } = fieldsOf(json);
  if (!isListOf(keys, MAX_KEYS) || keys.length === 0 || !isListOf(introductionKeys, MAX_KEYS))
    throw unlike("the directory's parameters");
  return {
    keys: keys.map((key) => {
      const { width } = fieldsOf(key);
      if (!isCount(width) || width > MAX_WIDTH) throw unlike("the directory's parameters");
      return { ...readKey(key), width };
    }),
    introductionKeys: introductionKeys.map(readKey),
  };
}

/** @throws RelayProtocolError */
export function readEvaluations(json: unknown): { evaluations: Uint8Array[]; proof: Uint8Array } {
  const { evaluations, proof } = fieldsOf(json);
  const octets = typeof proof === "string" ? decodeBase64url(proof, PROOF_SIZE) : undefined;
  if (!Array.isArray(evaluations) || octets === undefined) throw unlike("an evaluation");
  return {
    evaluations: evaluations.map((text) => {
      const element = typeof text === "string" ? decodeElement(text) : undefined;
      if (element === undefined) throw unlike("an evaluation");
      return element;
    }),
    proof: octets,
  };
}

/** @throws RelayProtocolError */
export function readVerification(json: unknown): { id: string; resendAt: number; expires: number } {
  const { id, resendAt, expires } = fieldsOf(json);
  if (
    typeof id !== "string" ||
    decodeBase64url(id, 16) === undefined ||
    !isCount(resendAt) ||
    !isCount(expires)
  )
    throw unlike("a verification");
  return { id, resendAt, expires };
}

/** @throws RelayProtocolError */
export function readProof(json: unknown): { proof: string; expires: number } {
  const { proof, expires } = fieldsOf(json);
  if (typeof proof !== "string" || proof === "" || !isCount(expires)) throw unlike("a code");
  return { proof, expires };
}

/** Whether this device is found by its number, by its relay's word. */
export interface RouteState {
  /**
   * - `listed`: whoever has the number finds this device - `waiting`: the device that had the number before is still
   *   active: it counts from `effectiveAt` - `unlisted`: nobody finds it - `superseded`: another device took the number
   */
  readonly state: "listed" | "waiting" | "unlisted" | "superseded";
  /** Since when, ms since 1970. */
  readonly since?: number;
  readonly effectiveAt?: number;
  /** Another device verified the number and takes it over then, unless this one verifies it again. */
  readonly claim?: { readonly effectiveAt: number };
  /** Of the directory's keys under which it is listed. */
  readonly versions?: readonly number[];
}

const ROUTE_STATES = ["listed", "waiting", "unlisted", "superseded"] as const;

/** @throws RelayProtocolError */
export function readRoute(json: unknown): RouteState {
  const { state: named, since, effectiveAt, claim, versions } = fieldsOf(json);
  const state = ROUTE_STATES.find((known) => known === named);
  const isAbsent = (value: unknown) => value === undefined || value === null;
  const claimed = isAbsent(claim) ? undefined : fieldsOf(claim).effectiveAt;
  const isTime = (value: unknown) => isAbsent(value) || isCount(value);
  if (state === undefined || !isTime(since) || !isTime(effectiveAt) || !isTime(claimed))
    throw unlike("a route");
  if (!isAbsent(claim) && claimed === undefined) throw unlike("a route");
  if (!isAbsent(versions) && !(isListOf(versions, MAX_KEYS) && versions.every(isCount)))
    throw unlike("a route");
  return {
    state,
    ...(isCount(since) ? { since } : {}),
    ...(isCount(effectiveAt) ? { effectiveAt } : {}),
    ...(isCount(claimed) ? { claim: { effectiveAt: claimed } } : {}),
    ...(isAbsent(versions) ? {} : { versions: versions as number[] }),
  };
}

function readKey(json: unknown): EvaluationKey {
  const { version, publicKey } = fieldsOf(json);
  const element = typeof publicKey === "string" ? decodeElement(publicKey) : undefined;
  if (!isCount(version) || element === undefined) throw unlike("the directory's parameters");
  return { version, publicKey: element };
}

function fieldsOf(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
}

function isListOf(value: unknown, most: number): value is unknown[] {
  return Array.isArray(value) && value.length <= most;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function unlike(what: string): RelayProtocolError {
  return new RelayProtocolError(`The relay's answer to ${what} has another form.`);
}
