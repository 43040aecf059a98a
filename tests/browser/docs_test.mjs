// SPDX-License-Identifier: BSL-1.0
// The docs pages in a real browser: they work, break no policy of theirs and ask nobody but this service.
// Started by run_docs_test.py, which says by environment where the programs and Chromium are.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Visit, waitForText } from "./visit.mjs";

class DocsVisit extends Visit {
  /** Opens the block of an operation of Swagger UI. */
  async openOperation(docsPath, operation) {
    await this.goto(docsPath);
    return this.showOperation(operation);
  }

  async showOperation(operation) {
    const block = this.page.locator(".opblock", { hasText: operation });
    await block.locator(".opblock-summary-control").click();
    return block;
  }
}

async function tryItOut(block) {
  await block.getByRole("button", { name: "Try it out" }).click();
}
async function execute(block) {
  await block.getByRole("button", { name: "Execute" }).click();
}
async function expectAnswer(block, status, text) {
  const answer = block.locator(".live-responses-table");
  await waitForText(answer.locator(".response-col_status"), status);
  await waitForText(answer.locator(".highlight-code"), text);
}

describe("the pages of a program that has nothing else", { skip: !process.env.DOCS_APP }, () => {
  let visit;
  beforeEach(async () => {
    visit = new DocsVisit(process.env.DOCS_APP);
    await visit.open({ width: 1280, height: 1000 });
  });
  afterEach(() => visit.close());

  async function tryReadItem(docsPath) {
    const block = await visit.openOperation(docsPath, "Read Item");
    await tryItOut(block);
    await block.getByPlaceholder("item_id").fill("7");
    await execute(block);
    await expectAnswer(block, "200", '"name": "item 7"');
  }

  it("Swagger UI shows the document and calls the service", async () => {
    await tryReadItem("/docs");
    assert.equal(await visit.page.title(), "Shop - Swagger UI");
    assert.ok(visit.asked("/items/7"));
    await visit.screenshot("swagger_ui");
  });

  it("Swagger UI calls the service below its mount", async () => {
    await tryReadItem("/sub/docs");
    assert.ok(visit.asked("/sub/items/7"));
    const others = visit.requests.filter((url) => !url.startsWith(`${visit.origin}/sub/`) && !url.startsWith("data:"));
    assert.deepEqual(others, []);
  });

  it("Swagger UI posts a body", async () => {
    const block = await visit.openOperation("/docs", "Create Item");
    await tryItOut(block);
    await block.locator("textarea.body-param__text").fill('{"name": "from the page"}');
    await execute(block);
    await expectAnswer(block, "201", "from the page");
  });

  it("Swagger UI authorizes by the redirect page", async () => {
    await visit.goto("/docs");
    await visit.page.locator(".auth-wrapper .authorize").first().click();
    const dialog = visit.page.locator(".dialog-ux");
    const client = dialog.locator("input#client_id_authorizationCode");
    await client.waitFor();
    assert.equal(await client.inputValue(), "docs"); // by initOAuth
    const popup = visit.context.waitForEvent("page");
    await dialog.getByRole("button", { name: "Apply given OAuth2 credentials" }).click();
    const page = await popup;
    if (!page.isClosed()) await page.waitForEvent("close");
    await waitForText(dialog, "Authorized");
    assert.ok(visit.requests.some((url) => url.startsWith(`${visit.origin}/docs/oauth2-redirect?code=granted`)));
    assert.ok(visit.asked("/token"));
    await dialog.getByRole("button", { name: "Close", exact: true }).click();

    const block = await visit.showOperation("Create Item");
    await tryItOut(block);
    const sent = visit.page.waitForRequest(`${visit.origin}/items`);
    await execute(block);
    assert.equal((await sent).headers().authorization, "Bearer granted-token");
  });

  it("Swagger UI is packed and kept by the browser", async () => {
    const answers = new Map();
    visit.page.on("response", (response) => answers.has(response.url()) || answers.set(response.url(), response));
    await visit.goto("/docs", { waitUntil: "networkidle" });
    const bundle = [...answers.keys()].find((url) => url.endsWith("/swagger-ui-bundle.js"));
    const headers = answers.get(bundle).headers();
    assert.equal(headers["content-encoding"], "gzip");
    assert.match(headers["cache-control"], /immutable/);
    await visit.page.goto("about:blank");
    const urls = new Map();
    const fromCache = [];
    const session = await visit.context.newCDPSession(visit.page);
    session.on("Network.requestWillBeSent", (event) => urls.set(event.requestId, event.request.url));
    session.on("Network.requestServedFromCache", (event) => fromCache.push(event.requestId));
    await session.send("Network.enable");
    await visit.goto("/docs", { waitUntil: "networkidle" });
    assert.ok(fromCache.map((request) => urls.get(request)).includes(bundle));
  });

  it("ReDoc shows the document", async () => {
    await visit.goto("/redoc", { waitUntil: "networkidle" });
    assert.equal(await visit.page.title(), "Shop - ReDoc");
    await visit.page.getByRole("heading", { name: "Read Item" }).waitFor();
    assert.equal(await visit.page.evaluate("getComputedStyle(document.body).margin"), "0px");
    await visit.page.getByPlaceholder("Search...").fill("Create"); // by a worker
    await waitForText(visit.page.locator("[data-role='search:results']"), "Create Item");
    await visit.screenshot("redoc");
  });

  it("ReDoc shows the document below its mount", async () => {
    await visit.goto("/sub/redoc", { waitUntil: "networkidle" });
    await visit.page.getByRole("heading", { name: "Read Item" }).waitFor();
    assert.ok(visit.asked("/sub/openapi.json"));
  });
});

// Of the service that a newcomer starts first. Its picture is what README.md shows.
describe("the pages of quickstart", { skip: !process.env.QUICKSTART }, () => {
  let visit;
  beforeEach(async () => {
    visit = new DocsVisit(process.env.QUICKSTART);
    await visit.open({ width: 1120, height: 840 });
  });
  afterEach(() => visit.close());

  it("a call from the page shows the answer", async () => {
    const block = await visit.openOperation("/docs", "/items/{item_id}");
    await tryItOut(block);
    await block.getByPlaceholder("item_id").fill("7");
    await block.getByPlaceholder("q", { exact: true }).fill("keyboard");
    await execute(block);
    await expectAnswer(block, "200", '"q": "keyboard"');
    assert.ok(visit.asked("/items/7?q=keyboard"));
    for (const tag of ["items", "products", "users", "photos"])
      await visit.page.locator(`#operations-tag-${tag}`).waitFor();
  });

  it("a product is created when logged in", async () => {
    await visit.goto("/docs");
    await visit.page.locator(".auth-wrapper .authorize").first().click();
    const dialog = visit.page.locator(".dialog-ux");
    await dialog.locator("input#oauth_username").fill("ada");
    await dialog.locator("input#oauth_password").fill("lovelace");
    await dialog.locator(".auth-btn-wrapper .authorize").click();
    await waitForText(dialog, "Authorized");
    await dialog.getByRole("button", { name: "Close", exact: true }).click();
    const block = await visit.showOperation("Create Product");
    await tryItOut(block);
    const answered = visit.page.waitForResponse(`${visit.origin}/products`);
    await execute(block);
    assert.equal((await answered).status(), 201); // for the example that the page fills in
  });

  it("the pages show every operation", async () => {
    await visit.goto("/docs");
    await visit.page.locator("#operations-products-buy_product").waitFor();
    const { paths } = await (await visit.page.request.get(`${visit.origin}/openapi.json`)).json();
    const operations = Object.values(paths).reduce((sum, path) => sum + Object.keys(path).length, 0);
    assert.equal(await visit.page.locator(".opblock").count(), operations);
    await visit.screenshot("quickstart", false);
    await visit.goto("/redoc", { waitUntil: "networkidle" });
    await visit.page.getByRole("heading", { name: "Buy Product" }).waitFor();
  });
});
