/** The relay's HTTP surface: every route, in one table one can read, and the one place that renders errors. */
import { Hono } from "hono";
import { ROUTES } from "../protocol/routes.ts";
import { answerHeaders } from "./edge/answer-headers.ts";
import { bearer } from "./edge/bearer.ts";
import type { RelayEnv } from "./edge/context.ts";
import { problemOf } from "./edge/failure.ts";
import { problemResponse } from "./edge/problem.ts";
import { clientRate } from "./edge/rate.ts";
import { signed, signedChange } from "./edge/signed.ts";
import { deleteCurrentConsent, getCurrentConsent, getReceipt, postConsent } from "./routes/consents.ts";
import { getDataMap } from "./routes/data-map.ts";
import { getDepositSocket } from "./routes/deposit-socket.ts";
import {
  deleteRevocableDeposit,
  getRevocableDeposit,
  postDeposit,
  putRevocableDeposit,
} from "./routes/deposits.ts";
import { deleteRoute, getBucket, getDirectory, getRoute, putRoute } from "./routes/directory.ts";
import { postEvaluations } from "./routes/evaluations.ts";
import { postIntroductions } from "./routes/introductions.ts";
import { getConsentEvents, getLedgerHeads, getOwnEvents } from "./routes/ledger.ts";
import {
  deleteMessages,
  getHeld,
  getMailbox,
  getMessages,
  postDeliveryToken,
  postNonce,
} from "./routes/mailbox.ts";
import { postKeyClaim, putOneTimeKeys } from "./routes/one-time-keys.ts";
import { getHealth, getKeySet, getNotice, getProblems } from "./routes/public.ts";
import { getSocket } from "./routes/socket.ts";
import { postVerification, postVerificationCode } from "./routes/verifications.ts";
import { postWithdrawal } from "./routes/withdrawals.ts";

export const app = new Hono<RelayEnv>();

app.use(answerHeaders, clientRate);

// Anyone.
app.get(ROUTES.health, getHealth);
app.get(ROUTES.problems, getProblems);
app.get(ROUTES.notice, getNotice);
app.get(ROUTES.dataMap, getDataMap);
app.get(ROUTES.keySet, getKeySet);
app.get(ROUTES.receipt, getReceipt);
app.get(ROUTES.consentEvents, getConsentEvents);
app.get(ROUTES.ledgerHeads, getLedgerHeads);
app.get(ROUTES.directory, getDirectory);
app.get(ROUTES.directoryBucket, getBucket);

// Whoever has a withdrawal that the device left behind.
app.post(ROUTES.withdrawals, postWithdrawal);

// The device, by signature; by ticket on the socket.
app.post(ROUTES.consents, signedChange, postConsent);
app.get(ROUTES.currentConsent, signed, getCurrentConsent);
app.get(ROUTES.ownEvents, signed, getOwnEvents);
app.delete(ROUTES.currentConsent, signedChange, deleteCurrentConsent);
app.get(ROUTES.mailbox, signed, getMailbox);
app.get(ROUTES.messages, signed, getMessages);
app.delete(ROUTES.messages, signed, deleteMessages);
app.get(ROUTES.socket, getSocket);
app.put(ROUTES.oneTimeKeys, signedChange, putOneTimeKeys);
app.post(ROUTES.nonce, signedChange, postNonce);
app.post(ROUTES.deliveryToken, signedChange, postDeliveryToken);
app.get(ROUTES.held, signed, getHeld);
app.post(ROUTES.evaluations, signedChange, postEvaluations);
app.put(ROUTES.route, signedChange, putRoute);
app.get(ROUTES.route, signed, getRoute);
app.delete(ROUTES.route, signedChange, deleteRoute);
app.post(ROUTES.introductions, signedChange, postIntroductions);
app.post(ROUTES.verifications, signedChange, postVerification);
app.post(ROUTES.verification, signedChange, postVerificationCode);

// Senders, by delivery token or introduction; on the socket each deposit by its own.
app.get(ROUTES.depositSocket, getDepositSocket);
app.post(ROUTES.deposits, bearer, postDeposit);
app.put(ROUTES.revocableDeposit, bearer, putRevocableDeposit);
app.get(ROUTES.revocableDeposit, bearer, getRevocableDeposit);
app.delete(ROUTES.revocableDeposit, bearer, deleteRevocableDeposit);
app.post(ROUTES.keyClaims, bearer, postKeyClaim);

app.notFound(async () => problemResponse("not-found"));

app.onError(async (error) => {
  const { code, retryAfter } = problemOf(error);
  return problemResponse(code, retryAfter);
});
