/**
 * The relay of the next release, as `wrangler deploy` would build it: this one with one further, material notice. What
 * is in force is a list in the code, so the list is all that differs.
 */
import { PUBLISHED, type PublishedNotice } from "../../src/relay/consent/notices/published.ts";

(PUBLISHED as PublishedNotice[]).push({
  version: PUBLISHED.length + 1,
  material: true,
  texts: { de: "Was sich geändert hat, steht hier.", en: "What has changed is said here." },
});

export * from "../../src/relay/index.ts";
export { default } from "../../src/relay/index.ts";
