// Opens pages in Chromium and notes everything that a page must not do.

import assert from "node:assert/strict";

import { axe, chromium } from "./tools.mjs";

export const roots = [process.env.ROOT, process.env.PREFIXED];

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-lcd-text", "--font-render-hinting=none"],
});

/// A page of the browser, closed after `use`; `faults` lists what it did wrong. Where `html` is given,
/// the browser shows it in place of what the server would send for the page now.
export async function open(root, path, options, use) {
  const { width = 1280, scheme = "light", script = true, status = 200, html, ...rest } = options;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    reducedMotion: "reduce",
    javaScriptEnabled: script,
    locale: "en-GB",
    timezoneId: "Asia/Tokyo",
    ...rest,
  });
  try {
    const page = await context.newPage();
    const faults = [];
    const answers = [];
    page.on("pageerror", (error) => faults.push(`script error: ${error.message}`));
    page.on("console", (message) => {
      // The browser reports the status of the page itself; that one is checked below.
      const isStatus = status !== 200 && message.location().url === page.url();
      if (message.type() === "error" && !isStatus) faults.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(root) && !request.url().startsWith("data:")) faults.push(`request outside of ${root}: ${request.url()}`);
    });
    page.on("requestfailed", (request) => {
      if (request.failure().errorText !== "net::ERR_ABORTED") faults.push(`failed: ${request.url()}: ${request.failure().errorText}`);
    });
    page.on("response", (response) => {
      answers.push(response);
      const isPage = response.request().isNavigationRequest();
      if (response.status() >= 400 && !(isPage && response.status() === status)) {
        faults.push(`status ${response.status()}: ${response.url()}`);
      }
    });
    page.on("dialog", (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
      });
    });
    if (html) {
      await page.route(new URL(path, root).href, (route) => route.fulfill({ status, body: html, contentType: "text/html; charset=utf-8" }));
    }
    const answer = await page.goto(new URL(path, root).href, { waitUntil: "load" });
    assert.equal(answer.status(), status, `${path}: status`);
    if (script) await page.evaluate(() => document.fonts.ready);
    await use(page, { faults, answers });
    if (script) faults.push(...(await page.evaluate(() => window.violations)).map((one) => `policy: ${one}`));
    assert.deepEqual(faults, [], `${new URL(path, root)} at ${width} px, ${scheme}`);
  } finally {
    await context.close();
  }
}

/// What axe finds, one line each.
export async function axeFindings(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return result.violations.flatMap((finding) => finding.nodes.map(
    (node) => `axe ${finding.id}: ${node.target.join(" ")}: ${node.failureSummary.replaceAll(/\s+/g, " ")}`,
  ));
}
