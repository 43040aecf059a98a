// SPDX-License-Identifier: BSL-1.0
// The page of services/chat in a real browser: two users talk, and come back by themselves when the service does.
// Started by run_chat_test.py, which says by environment where the service is, its folder and its port.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Visit, waitForText, waitMs } from "./visit.mjs";

const origin = `http://127.0.0.1:${process.env.PORT}`;
const password = "a long password";
const markup = "<script>alert(1)</script><img src=x onerror=alert(2)>";
// One red pixel.
const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
  "base64");
// What Chromium itself writes when nobody listens, or a connection is cut.
const outage = /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/;

let service = null;

async function isUp() {
  return fetch(`${origin}/healthz`).then((response) => response.ok, () => false);
}

async function start() {
  service = spawn(process.env.CHAT, ["--port", process.env.PORT, "--data", process.env.DATA, "--loops", "2",
    "--access-log", "off", "--log-level", "warning"], { stdio: ["ignore", "ignore", "inherit"] });
  const end = Date.now() + waitMs;
  while (!(await isUp())) {
    assert.equal(service.exitCode, null, "the service has ended");
    assert.ok(Date.now() < end, "the service answers");
    await sleep(20);
  }
}

async function stop() {
  if (!service || service.exitCode !== null) return;
  const ended = once(service, "exit");
  service.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
}

/** Without a page, as other programs do it. */
async function ask(path, { token, ...options } = {}) {
  const headers = { ...options.headers, ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(origin + path, { ...options, headers });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

async function postJson(path, value, token) {
  return ask(path, { method: "POST", body: JSON.stringify(value), headers: { "content-type": "application/json" }, token });
}

async function tokenOf(username) {
  await postJson("/register", { username, password });
  const form = new URLSearchParams({ username, password });
  return (await ask("/login", { method: "POST", body: form })).access_token;
}

class ChatVisit extends Visit {
  constructor() {
    super(origin);
  }

  get messages() {
    return this.page.getByRole("log");
  }

  async register(name) {
    await this.open({ width: 900, height: 700 });
    await this.goto("/");
    await this.page.getByLabel("Name").fill(name);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Register" }).click();
    await waitForText(this.page.locator("#me"), name);
  }

  async createRoom(name) {
    await this.page.getByLabel("New room").fill(name);
    await this.page.keyboard.press("Enter");
    await this.waitForState("connected");
  }

  async enter(name) {
    await this.page.getByRole("navigation").getByRole("button", { name: `# ${name}` }).click();
    await this.waitForState("connected");
  }

  async waitForState(state) {
    await waitForText(this.page.getByRole("status"), state);
  }

  async waitForOnline(...names) {
    const wanted = names.join(" ");
    await this.page.waitForFunction((text) => [...document.querySelectorAll("#online li")]
      .map((line) => line.textContent).join(" ") === text, wanted);
  }

  async say(text) {
    await this.page.getByLabel("Message", { exact: true }).fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Waits for the text of somebody, or of oneself once it has come back. */
  async hears(text) {
    await waitForText(this.messages.locator("li:not(.pending)"), text);
  }

  /** Waits for so many lines. */
  async hearsLines(count) {
    await this.messages.locator("li .text").nth(count - 1).waitFor();
  }

  /** Of every line, in order. */
  texts() {
    return this.messages.locator("li .text").allTextContents();
  }
}

describe("the page of chat", () => {
  let visits = [];
  before(start);
  after(stop);
  afterEach(async () => {
    const all = visits;
    visits = [];
    for (const visit of all) await visit.close();
  });

  async function newVisit(name) {
    const visit = new ChatVisit();
    visits.push(visit);
    await visit.register(name);
    return visit;
  }

  async function twoIn(room, first, second) {
    const one = await newVisit(first);
    await one.createRoom(room);
    const two = await newVisit(second);
    await two.enter(room);
    await one.waitForOnline(first, second);
    await two.waitForOnline(first, second);
    return [one, two];
  }

  it("two users talk, and what one writes stays text", async () => {
    const [ada, bob] = await twoIn("tea", "ada", "bob");
    await ada.say("hello");
    await bob.hears("hello");
    await bob.say(markup);
    await ada.hears(markup);
    for (const visit of [ada, bob]) {
      assert.deepEqual(await visit.texts(), ["hello", markup]);
      assert.equal(await visit.messages.locator("script, img").count(), 0);
    }
    await bob.page.getByRole("button", { name: "Log out" }).click();
    await ada.waitForOnline("ada");
  });

  it("a picture that one uploads the other sees", async () => {
    const [ada, bob] = await twoIn("pictures", "ann", "ben");
    await ada.page.getByLabel("File").setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: picture });
    const image = bob.page.getByRole("img", { name: "dot.png" });
    await image.waitFor();
    await bob.page.waitForFunction((img) => img.complete && img.naturalWidth === 1, await image.elementHandle());
    await ada.page.getByLabel("File").setInputFiles({ name: "page.html", mimeType: "text/html", buffer: Buffer.from(markup) });
    const link = bob.page.getByRole("link", { name: "page.html" });
    await link.waitFor();
    const download = bob.page.waitForEvent("download");
    await link.click();
    assert.equal((await download).suggestedFilename(), "page.html");
    await bob.screenshot("chat", false);
  });

  it("a page that is opened later shows what was said, page by page", async () => {
    const tokens = [await tokenOf("cyd"), await tokenOf("cid"), await tokenOf("kid")]; // one alone would be too fast
    await postJson("/rooms", { name: "archive" }, tokens[0]);
    for (let i = 1; i <= 60; ++i) await postJson("/rooms/archive/messages", { text: `line ${i}` }, tokens[i % 3]);
    const dan = await newVisit("dan");
    await dan.enter("archive");
    await dan.hearsLines(50);
    assert.deepEqual(await dan.texts(), Array.from({ length: 50 }, (_, i) => `line ${i + 11}`));
    await dan.page.getByRole("button", { name: "Older messages" }).click();
    await dan.hearsLines(60);
    assert.deepEqual(await dan.texts(), Array.from({ length: 60 }, (_, i) => `line ${i + 1}`));
  });

  it("a wrong password is told, and the next try works", async () => {
    const eve = await newVisit("eve");
    await eve.page.getByRole("button", { name: "Log out" }).click();
    eve.tolerated = [/status of 401/];
    await eve.page.getByLabel("Password").fill("not the password");
    await eve.page.keyboard.press("Enter");
    await waitForText(eve.page.getByRole("alert"), "Incorrect username or password");
    await eve.page.getByLabel("Password").fill(password);
    await eve.page.keyboard.press("Enter");
    await waitForText(eve.page.locator("#me"), "eve");
    await eve.page.reload(); // the tab stays logged in
    await waitForText(eve.page.locator("#me"), "eve");
  });

  it("after a restart both come back by themselves, and nothing is lost or doubled", async () => {
    const [ada, bob] = await twoIn("restart", "fay", "gus");
    const token = await tokenOf("hal");
    await ada.say("before");
    await bob.hears("before");
    for (const visit of [ada, bob]) visit.tolerated = [outage];
    await stop();
    for (const visit of [ada, bob]) await visit.waitForState("reconnecting");
    await ada.say("meanwhile 1");
    await ada.say("meanwhile 2");
    await bob.say("meanwhile too");
    assert.equal(await ada.messages.locator(".pending").count(), 2);
    await start();
    await postJson("/rooms/restart/messages", { text: "by another program" }, token);
    for (const visit of [ada, bob]) await visit.waitForState("connected");
    for (const visit of [ada, bob]) visit.tolerated = [];
    await ada.say("after");
    await bob.hears("after");
    await bob.say("after that");
    await ada.hears("after that");
    const history = await ask("/rooms/restart/messages", { token });
    const texts = history.map((message) => message.text);
    assert.deepEqual([...texts].sort(), ["after", "after that", "before", "by another program", "meanwhile 1", "meanwhile 2",
      "meanwhile too"]);
    assert.ok(texts.indexOf("meanwhile 1") < texts.indexOf("meanwhile 2"));
    for (const visit of [ada, bob]) {
      await visit.page.waitForFunction((count) => document.querySelectorAll("#messages li:not(.pending)").length === count,
        texts.length);
      assert.deepEqual(await visit.texts(), texts);
    }
  });
});
