import { describe, expect, it } from "vitest";
import { isProblemCode } from "../../src/protocol/problem-codes.ts";
import { PROBLEMS, problem } from "../../src/protocol/problems.ts";
import { ROUTES } from "../../src/protocol/routes.ts";

const codes = Object.keys(PROBLEMS).filter(isProblemCode);

describe("the table of problems", () => {
  it.each(codes)("has a well-formed entry for %s", (code) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    const { type, title, status, detail } = problem(code);
    expect(type).toBe(`${ROUTES.problems}#${code}`);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(detail).toMatch(/^[A-Z].*\.$/);
    expect(problem(code)).toEqual({ type, title, status, detail, code });
  });

  it("says each thing once", () => {
    for (const part of ["type", "title", "detail"] as const) {
      const all = codes.map((code) => problem(code)[part]);
      expect(new Set(all).size, part).toBe(all.length);
    }
  });

  it("has one answer for a stranger, whatever is wrong with token, mailbox or consent", () => {
    // Were there a code for a closed or unknown mailbox, it would tell that another is open.
    const telling = codes.filter((code) => /mailbox|closed|unknown|withdrawn|gone|consent|token/.test(code));
    expect(telling).toEqual(["no-consent", "consent-used", "mailbox-full"]);
    expect(problem("not-authorized").detail).not.toMatch(
      /exist|closed|open mailbox|consent|expired|revoked/i,
    );
    expect(codes.filter((code) => problem(code).status === 410)).toEqual([]);
    // Forbidden is only what a device that has signed did not agree to, or may not do itself.
    expect(codes.filter((code) => problem(code).status === 403)).toEqual([
      "purpose-not-granted",
      "number-not-verified",
      "proof-invalid",
      "country-not-served",
      "code-wrong",
    ]);
  });

  it("knows its codes from other texts", () => {
    for (const other of ["", "toString", "__proto__", "Not-Found", 404, null, undefined, ["internal"]])
      expect(isProblemCode(other), String(other)).toBe(false);
  });
});
