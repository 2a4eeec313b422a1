/**
 * An operator with CAMARA One-Time-Password SMS 1.1 (camaraproject/OTPValidation) behind the CAMARA Security and
 * Interoperability Profile: client credentials, the client known by a signed assertion of at most 300 seconds whose
 * audience is the token endpoint, and a scope that names the purpose and the API.
 */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK, jwtVerify } from "jose";
import { type Answer, type Received, readForm, readJson, Vendor } from "./vendor.ts";

const API = "one-time-password-sms:send-validate";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MAX_TRIES = 3;

interface OperatorCode {
  readonly number: string;
  readonly code: string;
  tries: number;
  over: boolean;
}

export class CamaraOperator extends Vendor {
  readonly client = randomUUID();
  readonly #tokens = new Set<string>();
  readonly #assertions = new Set<string>();
  readonly #codes = new Map<string, OperatorCode>();
  #publicKey: CryptoKey | undefined;
  #privateKey: JWK = {};

  override async start(): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    this.#publicKey = publicKey;
    this.#privateKey = { ...(await exportJWK(privateKey)), alg: "ES256", kid: "relay-1" };
    await super.start();
  }

  get vars() {
    return {
      SMS_SENDER: "camara",
      SMS_VENDORS: "Some Operator, ES",
      CAMARA_URL: `${this.origin}/one-time-password-sms/v1`,
      CAMARA_TOKEN_URL: `${this.origin}/token`,
      CAMARA_CLIENT_ID: this.client,
      CAMARA_CLIENT_KEY: JSON.stringify(this.#privateKey),
    };
  }

  protected answer(request: Received): Answer | Promise<Answer> {
    if (request.method !== "POST") return this.#refuse(405, "METHOD_NOT_ALLOWED");
    if (request.path === "/token") return this.#token(request);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    if (!this.#tokens.has(token)) return this.#refuse(401, "UNAUTHENTICATED");
    switch (request.path) {
      case "/one-time-password-sms/v1/send-code":
        return this.#sendCode(request);
      case "/one-time-password-sms/v1/validate-code":
        return this.#validateCode(request);
      default:
        return this.#refuse(404, "NOT_FOUND");
    }
  }

  async #token(request: Received): Promise<Answer> {
    const fields = ["grant_type", "scope", "client_assertion_type", "client_assertion"];
    const form = readForm(request, ...fields) ?? {};
    if (form.grant_type !== "client_credentials") return this.#oauthError(400, "unsupported_grant_type");
    const scopes = (form.scope ?? "").split(" ");
    const purposes = scopes.filter((scope) => /^dpv:[A-Za-z]+$/.test(scope));
    if (purposes.length !== 1 || !scopes.includes(API) || scopes.length !== 2)
      return this.#oauthError(400, "invalid_scope");
    if (form.client_assertion_type !== ASSERTION_TYPE || !(await this.#isClient(form.client_assertion ?? "")))
      return this.#oauthError(401, "invalid_client");
    const token = randomBytes(24).toString("base64url");
    this.#tokens.add(token);
    return {
      status: 200,
      json: { access_token: token, token_type: "Bearer", expires_in: 300, scope: form.scope },
    };
  }

  async #isClient(assertion: string): Promise<boolean> {
    if (this.#publicKey === undefined) return false;
    try {
      const { payload, protectedHeader } = await jwtVerify(assertion, this.#publicKey, {
        algorithms: ["ES256"],
        issuer: this.client,
        subject: this.client,
        audience: `${this.origin}/token`,
        requiredClaims: ["exp", "iat", "jti"],
      });
      const { exp = Number.POSITIVE_INFINITY, iat = 0, jti = "" } = payload;
      if (protectedHeader.kid !== "relay-1" || exp - iat > 300 || this.#assertions.has(jti)) return false;
      this.#assertions.add(jti);
      return true;
    } catch {
      return false;
    }
  }

  #sendCode(request: Received): Answer {
    const { phoneNumber = "", message = "" } = readJson(request, "phoneNumber", "message") ?? {};
    if (!/^\+[1-9][0-9]{4,14}$/.test(phoneNumber)) return this.#refuse(400, "INVALID_ARGUMENT");
    if (!/.*\{\{code\}\}.*/.test(message) || message.length > 160)
      return this.#refuse(400, "INVALID_ARGUMENT");
    for (const other of this.#codes.values()) if (other.number === phoneNumber) other.over = true;
    const authenticationId = randomUUID();
    const code = String(randomInt(1_000_000)).padStart(6, "0");
    this.#codes.set(authenticationId, { number: phoneNumber, code, tries: 0, over: false });
    this.deliver(phoneNumber, code);
    return { status: 200, json: { authenticationId } };
  }

  #validateCode(request: Received): Answer {
    const { authenticationId = "", code = "" } = readJson(request, "authenticationId", "code") ?? {};
    if (authenticationId === "" || authenticationId.length > 36) return this.#refuse(400, "INVALID_ARGUMENT");
    if (code === "" || code.length > 10) return this.#refuse(400, "INVALID_ARGUMENT");
    const known = this.#codes.get(authenticationId);
    if (known === undefined) return errorInfo(404, "NOT_FOUND");
    if (known.over) return errorInfo(400, "ONE_TIME_PASSWORD_SMS.VERIFICATION_EXPIRED");
    known.tries += 1;
    known.over = known.code === code || known.tries >= MAX_TRIES;
    if (known.code === code) return { status: 204 };
    return errorInfo(
      400,
      known.over ? "ONE_TIME_PASSWORD_SMS.VERIFICATION_FAILED" : "ONE_TIME_PASSWORD_SMS.INVALID_OTP",
    );
  }

  #refuse(status: number, code: string): Answer {
    this.violation(code);
    return errorInfo(status, code);
  }

  #oauthError(status: number, error: string): Answer {
    this.violation(error);
    return { status, json: { error } };
  }
}

function errorInfo(status: number, code: string): Answer {
  return { status, json: { status, code, message: `${code} for the number +34666111222` } };
}
