// SPDX-License-Identifier: BSL-1.0
// What the page asks of the service, and a WebSocket that comes back.

/** What the service has answered with a status of 400 or above. */
export class ApiError extends Error {
  constructor(status, detail) {
    super(typeof detail === "string" ? detail : detail?.[0]?.msg ?? `Error ${status}`);
    this.status = status;
  }
}

/** The answer's JSON. `options` are those of fetch, and `token`. */
export async function call(path, { token, ...options } = {}) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  if (typeof options.body === "string") headers["content-type"] = "application/json";
  const response = await fetch(path, { ...options, headers });
  const value = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, value?.detail);
  return value;
}

const firstPauseMs = 250;
const longestPauseMs = 15_000;

/**
 * The WebSocket of a room. Events: "state" with "connecting", "connected" or "reconnecting" as detail, "message" with what
 * has come, "refused" when the token is no good any more. After each "connected" the page asks for what it has missed.
 */
export class Connection extends EventTarget {
  #url;
  #token;
  #socket = null;
  #timer = null;
  #failures = 0;
  #closed = false;
  #comeBack = () => this.#retryNow();

  constructor(room, token) {
    super();
    this.#url = new URL(`rooms/${room}/ws`, document.baseURI);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#token = token;
    addEventListener("online", this.#comeBack);
    this.#connect("connecting");
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** False: it is not connected, and nothing was sent. */
  send(value) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(value));
    return true;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#comeBack);
    this.#socket?.close();
  }

  #tell(type, detail) {
    if (!this.#closed) this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #connect(state) {
    this.#tell("state", state);
    // The token as a subprotocol: a page can set nothing else of the handshake that doesn't end up in logs.
    const socket = new WebSocket(this.#url, ["chat.v1", `bearer.${this.#token}`]);
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.#tell("state", "connected");
    };
    socket.onmessage = (event) => this.#tell("message", JSON.parse(event.data));
    socket.onclose = () => this.#onClose();
  }

  async #onClose() {
    if (this.#closed) return;
    this.#tell("state", "reconnecting");
    // A browser doesn't say why a handshake was refused; the service does.
    const status = await call("users/me", { token: this.#token }).then(() => 200, (error) => error.status);
    if (status === 401) {
      this.#tell("refused");
      this.close();
    }
    if (this.#closed) return;
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#retryNow(), pause * (0.5 + Math.random() / 2));
  }

  #retryNow() {
    clearTimeout(this.#timer);
    if (!this.#closed && this.#socket.readyState === WebSocket.CLOSED) this.#connect("reconnecting");
  }
}
