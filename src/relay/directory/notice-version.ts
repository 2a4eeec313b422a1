/** Of a renewal's batch: what the directory keeps of the notice that was agreed to follows. */
export function followNotice(
  records: D1Database,
  consentId: string,
  noticeVersion: number,
): D1PreparedStatement[] {
  return ["route", "route_claim"].map((table) =>
    records
      .prepare(`UPDATE ${table} SET notice_version = ? WHERE consent_id = ?`)
      .bind(noticeVersion, consentId),
  );
}
