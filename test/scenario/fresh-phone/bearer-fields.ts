import { parseDeliveryToken } from "../../../src/protocol/delivery-token.ts";
import { parseIntroduction } from "../../../src/protocol/introduction.ts";
import { named } from "./named.ts";

/** What lets somebody deposit, in its parts: the relay keeps some of them and not the others. */
export function bearerFields(text: string): [name: string, value: string][] {
  const token = parseDeliveryToken(text);
  if (token !== undefined) return named("delivery token", token);
  const introduction = parseIntroduction(text);
  if (introduction === undefined) throw new Error("A bearer token of another kind.");
  return named("introduction", introduction);
}
