/** A web origin of its own for one test file, and tabs on it in a browser with a profile on disk. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, inject } from "vitest";

export class Origin {
  readonly #server: Server;
  readonly #profile: string;
  #browser: BrowserContext | undefined;

  private constructor(server: Server, profile: string) {
    this.#server = server;
    this.#profile = profile;
  }

  static async start(entry: string): Promise<Origin> {
    const script = await bundle(entry);
    const server = createServer((request, response) => {
      const isScript = request.url === "/stage.js";
      response.setHeader("content-type", isScript ? "text/javascript; charset=utf-8" : "text/html");
      response.end(isScript ? script : '<!doctype html><script src="/stage.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = new Origin(server, await mkdtemp(join(tmpdir(), "restante-profile-")));
    await origin.startBrowser();
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get browser(): BrowserContext {
    if (this.#browser === undefined) throw new Error("The browser is not running.");
    return this.#browser;
  }

  /** Opens a tab with the file's page. */
  async newTab(): Promise<Page> {
    const tab = await this.browser.newPage();
    await tab.goto(this.url);
    return tab;
  }

  async startBrowser(): Promise<void> {
    this.#browser = await chromium.launchPersistentContext(this.#profile, {
      executablePath: inject("chromium"),
      headless: true,
    });
  }

  /** Ends the browser with SIGKILL, as a crash or an empty battery would. */
  async killBrowser(): Promise<void> {
    const session = await this.browser.browser()?.newBrowserCDPSession();
    const running = await session?.send("SystemInfo.getProcessInfo");
    const id = running?.processInfo.find(({ type }) => type === "browser")?.id;
    if (id === undefined) throw new Error("The browser's process was not found.");
    const gone = new Promise((resolve) => this.browser.once("close", resolve));
    process.kill(id, "SIGKILL");
    await gone;
    this.#browser = undefined;
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#profile, { recursive: true, maxRetries: 5 });
  }
}

/**
 * Starts an origin and a browser before the tests of the file that calls this, and ends them after them.
 *
 * @param entry a module in page/; each tab has its exports, as the global `stage`
 */
export function useOrigin(entry: string): () => Origin {
  let origin: Origin | undefined;
  beforeAll(async () => {
    origin = await Origin.start(entry);
  });
  afterAll(() => origin?.stop());
  return () => {
    if (origin === undefined) throw new Error("The origin has not been started.");
    return origin;
  };
}

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "page", entry)],
    write: false,
    bundle: true,
    format: "iife",
    globalName: "stage",
    platform: "browser",
    target: "es2022",
    // What goes wrong is thrown.
    logLevel: "silent",
  });
  const [script] = outputFiles;
  if (script === undefined) throw new Error("There is no bundle.");
  return script.contents;
}
