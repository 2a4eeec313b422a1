/** The same with one further notice that is not material: it says in other words what the one before it says. */
import { publishNext } from "./next-notice.ts";

publishNext(false);

export * from "../../src/relay/index.ts";
export { default } from "../../src/relay/index.ts";
