import { expect, it } from "vitest";
import { useOrigin } from "./origin.ts";

declare const stage: typeof import("./page/browser-key.ts");

const origin = useOrigin("browser-key.ts");

it("a key that the browser keeps can be used and not taken away", async () => {
  const tab = await origin().newTab();
  expect(await tab.evaluate(() => stage.isExportable())).toBe(false);
});

it("a key that the browser keeps opens what was sealed between two checkpoints, and nothing else", async () => {
  const tab = await origin().newTab();
  expect(await tab.evaluate(() => stage.openAcrossCheckpoint())).toEqual({
    "old with old": true,
    "new with new": true,
    "old with new": false,
    "new with old": false,
  });
});
