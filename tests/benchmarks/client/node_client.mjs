// SPDX-License-Identifier: BSL-1.0
// Node's two clients: `--api http` is node:http with a keep-alive Agent, `--api fetch` is fetch, which is undici.

import { readFileSync } from "node:fs";
import http from "node:http";

const options = { path: "/plaintext", concurrent: 1, connections: 1, requests: Infinity, seconds: 3600, "warm-up": 1000 };
for (let i = 2; i + 1 < process.argv.length; i += 2) {
  const name = process.argv[i].slice(2);
  const text = process.argv[i + 1];
  options[name] = typeof options[name] === "number" || name === "answer-size" ? Number(text) : text;
}
const body = options.body && readFileSync(options.body);
const method = body ? "POST" : "GET";
const headers = body ? { "content-type": "application/json", "content-length": body.length } : {};

const agent = new http.Agent({ keepAlive: true, maxSockets: options.connections, maxFreeSockets: options.connections });

function sendWithHttp() {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port: options.port, path: options.path, method, headers, agent });
    request.on("error", reject);
    request.on("response", (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => resolve([response.statusCode, Buffer.concat(pieces).length]));
    });
    request.end(body);
  });
}

const url = `http://127.0.0.1:${options.port}${options.path}`;
let dispatcher;

/// The class of undici's Agent, which limits connections, is to be had through the agent that fetch uses by default.
async function limitFetch() {
  await (await fetch(url, { method, headers, body })).arrayBuffer();
  const { constructor: Agent } = globalThis[Symbol.for("undici.globalDispatcher.1")];
  dispatcher = new Agent({ connections: options.connections, pipelining: 1 });
}

async function sendWithFetch() {
  const response = await fetch(url, { method, headers, body, dispatcher });
  return [response.status, (await response.arrayBuffer()).byteLength];
}

async function run(send, requests, seconds) {
  const times = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  const cpu = process.cpuUsage();
  async function work() {
    while (requests > 0) {
      const start = performance.now();
      if (start >= until) return;
      --requests;
      const [status, size] = await send();
      if (status !== 200 || size !== options["answer-size"]) throw new Error(`answered ${status} with ${size} bytes`);
      times.push((performance.now() - start) * 1000);
    }
  }
  await Promise.all(Array.from({ length: options.concurrent }, work));
  const elapsed = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const percentile = (percent) => Math.round(times[Math.min(times.length - 1, Math.floor((times.length * percent) / 100))] ?? 0);
  return {
    requests: times.length, seconds: elapsed, user_seconds: used.user / 1e6, kernel_seconds: used.system / 1e6,
    p50_us: percentile(50), p99_us: percentile(99), max_us: percentile(100),
  };
}

if (options.api === "fetch") await limitFetch();
const send = options.api === "fetch" ? sendWithFetch : sendWithHttp;
await run(send, options["warm-up"], 60);
console.log(JSON.stringify(await run(send, options.requests, options.seconds)));
process.exit(0);
