/** The relay of the next release, as `wrangler deploy` would build it: this one with one further, material notice. */
import { publishNext } from "./next-notice.ts";

publishNext(true);

export * from "../../src/relay/index.ts";
export { default } from "../../src/relay/index.ts";
