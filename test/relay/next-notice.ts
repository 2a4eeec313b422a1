import { PUBLISHED, type PublishedNotice } from "../../src/relay/consent/notices/published.ts";

/** Puts one further notice in force. What is in force is a list in the code, so the list is all that differs. */
export function publishNext(material: boolean): void {
  (PUBLISHED as PublishedNotice[]).push({
    version: PUBLISHED.length + 1,
    material,
    texts: { de: "Was sich geändert hat, steht hier.", en: "What has changed is said here." },
  });
}
