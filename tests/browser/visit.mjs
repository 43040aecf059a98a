// SPDX-License-Identifier: BSL-1.0
// What tests in a real browser have in common: one Chromium, and a Visit, a profile of its own, for each user.
// CHROMIUM and SCREENSHOTS come by environment from browser_tools.py.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const chromiumArguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update"];
export const waitMs = 60_000;

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: chromiumArguments });
});
after(() => browser.close());

/** Waits until `locator` is there with `text` in it. */
export async function waitForText(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor({ timeout: waitMs });
}

/** A user with a new browser profile; complaints and foreign requests fail it at its end. */
export class Visit {
  constructor(origin) {
    this.origin = origin;
    this.complaints = [];
    this.requests = [];
    this.tolerated = []; // patterns of complaints that a test provokes
  }

  async open(viewport) {
    this.context = await browser.newContext({ viewport });
    this.context.setDefaultTimeout(waitMs);
    // Of the context, which sees what a popup does before it is a page.
    this.context.on("console", (message) => this.noteConsole(message));
    this.context.on("weberror", (error) => this.complain(`uncaught: ${error.error()}`));
    this.context.on("dialog", (dialog) => this.noteDialog(dialog));
    this.context.on("requestfailed", (request) => this.noteFailure(request));
    this.context.on("request", (request) => this.requests.push(request.url()));
    this.page = await this.context.newPage();
  }

  complain(text) {
    if (!this.tolerated.some((pattern) => pattern.test(text))) this.complaints.push(text);
  }

  noteConsole(message) {
    // Violations of the Content-Security-Policy are among the errors.
    if (["error", "warning"].includes(message.type())) this.complain(`${message.type()}: ${message.text()}`);
  }

  async noteDialog(dialog) {
    this.complain(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  }

  noteFailure(request) {
    // What a page that is left had still asked for, its icon mostly, is aborted.
    const reason = request.failure().errorText;
    if (reason !== "net::ERR_ABORTED") this.complain(`failed: ${request.url()} ${reason}`);
  }

  async close() {
    await this.context.close();
    const own = [`${this.origin}/`, `blob:${this.origin}/`, "data:"];
    const foreign = this.requests.filter((url) => !own.some((prefix) => url.startsWith(prefix)));
    assert.deepEqual(foreign, [], "requests that leave the origin");
    assert.deepEqual(this.complaints, []);
  }

  goto(path, options) {
    return this.page.goto(this.origin + path, options);
  }

  asked(path) {
    return this.requests.includes(this.origin + path);
  }

  async screenshot(name, fullPage = true) {
    const folder = process.env.SCREENSHOTS;
    if (folder) await this.page.screenshot({ path: `${folder}/${name}.png`, fullPage });
  }
}
