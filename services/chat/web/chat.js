// SPDX-License-Identifier: BSL-1.0
// The page: everything that users have written becomes text, by textContent, never markup.
import { ApiError, Connection, call } from "./connection.js";

const pageSize = 50;
const $ = (id) => document.getElementById(id);

let session = JSON.parse(sessionStorage.getItem("session") ?? "null"); // { token, username }
let room = null;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const api = (path, options) => call(path, { token: session?.token, ...options });

/** What is said in a room, in order, without gaps and without doubles. */
class Room {
  lastId = 0;
  firstId = Infinity;
  #catchingUp = Promise.resolve();
  #waiting = new Map(); // by nonce: what was said and has not come back, with its line

  constructor(name) {
    this.name = name;
    this.connection = new Connection(name, session.token);
    this.connection.addEventListener("state", ({ detail }) => this.#onState(detail));
    this.connection.addEventListener("message", ({ detail }) => this.#onEvent(detail));
    this.connection.addEventListener("refused", logOut);
  }

  close() {
    this.connection.close();
  }

  say(text) {
    const said = { text, nonce: crypto.randomUUID?.() ?? randomUuid() };
    const line = messageLine({ username: session.username, text });
    line.classList.add("pending");
    this.#waiting.set(said.nonce, { said, line });
    append(line);
    this.connection.send(said); // else when it is connected again
  }

  async showOlder() {
    const older = await api(`rooms/${this.name}/messages?before=${this.firstId}&limit=${pageSize}`);
    if (room !== this) return;
    $("messages").prepend(...older.map(messageLine));
    this.#noteFirst(older);
  }

  #noteFirst(messages) {
    if (messages.length > 0) this.firstId = messages[0].id;
    $("older").hidden = messages.length < pageSize;
  }

  #onState(state) {
    $("state").textContent = state;
    $("state").dataset.state = state;
    if (state === "connected") this.#inOrder(() => this.#catchUp());
  }

  #onEvent(event) {
    if (event.type === "message") this.#inOrder(() => this.#show(event.message));
    else if (event.type === "error") this.#onRefusal(event);
    else showOnline(event.online);
  }

  /** What comes while the page asks for what it has missed waits until that is shown. */
  #inOrder(step) {
    this.#catchingUp = this.#catchingUp.then(() => room === this && step()).catch(showError);
  }

  async #catchUp() {
    if (this.lastId === 0) {
      const newest = await api(`rooms/${this.name}/messages?limit=${pageSize}`);
      if (room !== this) return;
      this.#noteFirst(newest);
      newest.forEach((message) => this.#show(message));
    } else {
      let missed;
      do {
        missed = await api(`rooms/${this.name}/messages?after=${this.lastId}&limit=${pageSize}`);
        if (room !== this) return;
        missed.forEach((message) => this.#show(message));
      } while (missed.length === pageSize);
    }
    // The service knows by the nonce what it has already.
    for (const { said } of this.#waiting.values()) this.connection.send(said);
  }

  #show(message) {
    if (message.id <= this.lastId) return;
    this.lastId = message.id;
    this.firstId = Math.min(this.firstId, message.id);
    if (message.username === session.username) this.#forget(message.nonce);
    append(messageLine(message));
  }

  #onRefusal({ nonce, detail }) {
    showError(new Error(detail));
    const known = this.#waiting.get(nonce);
    if (!known) return;
    const again = element("button", "Send again");
    again.type = "button";
    again.addEventListener("click", () => {
      again.remove();
      $("error").textContent = "";
      this.connection.send(known.said);
    });
    known.line.append(again);
  }

  #forget(nonce) {
    this.#waiting.get(nonce)?.line.remove();
    this.#waiting.delete(nonce);
  }
}

/** crypto.randomUUID is there on https and localhost alone. */
function randomUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function messageLine({ username, text, time, file }) {
  const line = element("li");
  line.append(element("span", username, "who"), element("span", text, "text"));
  if (time) {
    const when = element("time", new Date(time).toLocaleTimeString());
    when.dateTime = time;
    line.append(when);
  }
  if (file) line.append(fileLink(file));
  return line;
}

function fileLink({ id, name, media_type, bytes }) {
  const link = element("a");
  link.href = `files/${id}`;
  if (media_type.startsWith("image/")) {
    const picture = element("img");
    picture.src = link.href;
    picture.alt = name;
    link.append(picture);
  } else {
    link.textContent = `${name} (${Math.ceil(bytes / 1024)} KiB)`;
  }
  return link;
}

function append(line) {
  const list = $("messages");
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.append(line);
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function showOnline(names) {
  $("online").replaceChildren(...names.map((name) => element("li", name)));
}

function showError(error) {
  if (error instanceof ApiError && error.status === 401) logOut();
  else $("error").textContent = error.message;
}

function enter(name) {
  room?.close();
  $("messages").replaceChildren();
  showOnline([]);
  $("error").textContent = "";
  $("room-title").textContent = `# ${name}`;
  $("room").hidden = false;
  for (const button of $("rooms").querySelectorAll("button"))
    button.setAttribute("aria-current", String(button.dataset.room === name));
  room = new Room(name);
  $("text").focus();
}

async function listRooms() {
  const rooms = await api("rooms");
  $("rooms").replaceChildren(...rooms.map(({ name }) => {
    const button = element("button", `# ${name}`);
    button.type = "button";
    button.dataset.room = name;
    button.setAttribute("aria-current", String(room?.name === name));
    button.addEventListener("click", () => enter(name));
    const line = element("li");
    line.append(button);
    return line;
  }));
}

function show() {
  $("welcome").hidden = session !== null;
  $("chat").hidden = session === null;
  $("room").hidden = room === null;
  if (session === null) return;
  $("me").textContent = session.username;
  listRooms().catch(showError);
}

function logOut() {
  room?.close();
  room = null;
  session = null;
  sessionStorage.removeItem("session");
  show();
}

async function logIn(username, password, isNew) {
  if (isNew) await call("register", { method: "POST", body: JSON.stringify({ username, password }) });
  const form = new URLSearchParams({ grant_type: "password", username, password });
  const { access_token: token } = await call("login", { method: "POST", body: form });
  session = { token, username };
  sessionStorage.setItem("session", JSON.stringify(session));
  show();
}

/** A form whose sending is ours; what goes wrong is told in `errorLine`. */
function onSubmit(form, errorLine, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    errorLine.textContent = "";
    try {
      await send(event.submitter?.value);
    } catch (error) {
      errorLine.textContent = error.message;
    }
  });
}

onSubmit($("login"), $("login-error"), async (action) => {
  await logIn($("username").value, $("password").value, action === "register");
  $("password").value = "";
});

onSubmit($("new-room"), $("error"), async () => {
  const name = $("room-name").value;
  await api("rooms", { method: "POST", body: JSON.stringify({ name }) });
  $("room-name").value = "";
  await listRooms();
  enter(name);
});

onSubmit($("composer"), $("error"), () => {
  room.say($("text").value);
  $("text").value = "";
});

$("file").addEventListener("change", async () => {
  const form = new FormData();
  form.set("file", $("file").files[0]);
  $("file").value = "";
  $("error").textContent = "";
  await api(`rooms/${room.name}/files`, { method: "POST", body: form }).catch(showError);
});

$("older").addEventListener("click", () => room.showOlder().catch(showError));
$("logout").addEventListener("click", logOut);
show();
