/** The SDK's public surface. Vaults are apart: vault/file.ts (Node), vault/indexed-db.ts (browsers), vault/memory.ts (trials). */
export type { HeldAnswer, NoticeAnswer } from "../protocol/answers.ts";
export type { Purpose } from "../protocol/consent-statement.ts";
export type { DataMapAnswer } from "../protocol/data-map.ts";
export { TextTooLongError } from "./addressing.ts";
export { BlockedError } from "./blocking/blocked.ts";
export { ContactCardError } from "./card.ts";
export type { Consent } from "./consent-record.ts";
export { type Contact, type ShownContact, UnknownContactError } from "./contacts.ts";
export type { ConversationInfo } from "./conversations/making.ts";
export { Device } from "./device.ts";
export { ADVICE, type Fallback, type FallbackState, type UndecidedReason } from "./fallback/fallback.ts";
export { SmsHookMissingError } from "./fallback/fallbacks.ts";
export type { SmsHook } from "./fallback/handing-over.ts";
export type { ConsentHistory } from "./history.ts";
export type { HistoryFinding } from "./history-check.ts";
export type { IncomingText } from "./inbox.ts";
export type { LineState } from "./line.ts";
export { LinkingError, type OwnDevice } from "./linking/link.ts";
export { LinkCodeError } from "./linking/link-code.ts";
export type { OwnDevices } from "./linking/own-devices.ts";
export type { Listener, News } from "./news.ts";
export type { RouteState } from "./numbers/answers.ts";
export { NumberNotFoundError } from "./numbers/correspondents.ts";
export { NumberFormatError } from "./numbers/number.ts";
export { NumberMovedError } from "./numbers/number-moved.ts";
export type { LookUp, Numbers } from "./numbers/numbers.ts";
export type { Verification } from "./numbers/own-number.ts";
export { NumberPurposeError } from "./numbers/purpose.ts";
export { VerificationError } from "./numbers/verifying.ts";
export { NotOfferedError } from "./offered.ts";
export type { SafetyComparison, SafetyNumber } from "./people/comparing.ts";
export type { ReceiptSettings } from "./receipts.ts";
export type { InboxOptions } from "./reception.ts";
export {
  NoConsentError,
  RelayProblem,
  RelayProtocolError,
  RelayUnreachableError,
} from "./relay-problem.ts";
export type { Piece, Sent, SentState } from "./sent.ts";
export { type Vault, VaultInUseError, VaultUnreadableError } from "./vault/vault.ts";
