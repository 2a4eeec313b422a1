import { buildRelay } from "../../src/local/built-relay.ts";

export default buildRelay;
