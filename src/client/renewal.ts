/** A newer notice: the owner is told once, and the texts of others wait outside meanwhile if it is a material one. */
import { currentConsent } from "./consent-record.ts";
import type { MailboxStatus } from "./own-relay-answer.ts";
import type { Session } from "./session.ts";
import { getJson, putJson } from "./vault/json-entry.ts";

/** What the owner was told last: vault entry, JSON. */
const NOTICE_TOLD = "device/notice-told";

/**
 * Tells that the notice in force is another than the one agreed to. Of a material one also when it was told before as
 * one that is not: a later version may be.
 */
export async function tellNotice({ vault, news }: Session, { notice }: MailboxStatus): Promise<void> {
  const agreed = currentConsent(vault)?.noticeVersion;
  if (agreed === undefined || notice.current === agreed) return;
  const version = notice.current;
  const material = notice.suspended;
  const told = getJson<{ version: number; material: boolean }>(vault, NOTICE_TOLD);
  if (told?.version === version && told.material === material) return;
  await vault.transaction((draft) => putJson(draft, NOTICE_TOLD, { version, material }));
  news.tell([{ kind: "notice-changed", version, material }]);
}
