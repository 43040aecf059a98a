// SPDX-License-Identifier: BSL-1.0
// What peer_test.cpp asks for, by node's own HTTP server. usage: node node_server.mjs PORT
import http from "node:http";
import zlib from "node:zlib";

const pieceBytes = 64 * 1024;
let connections = 0;

const byteAt = (place) => 97 + (place % 23);

function pieceAt(place, size) {
  const piece = Buffer.alloc(size);
  for (let i = 0; i < size; ++i) piece[i] = byteAt(place + i);
  return piece;
}

async function sendBytes(response, size) {
  for (let place = 0; place < size; place += pieceBytes) {
    if (!response.write(pieceAt(place, Math.min(pieceBytes, size - place))))
      await new Promise((resolve) => response.once("drain", resolve)); // never, when the client has left
  }
  response.end();
}

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function count(request) {
  let bytes = 0;
  let sum = 0;
  for await (const piece of request) {
    for (let i = 0; i < piece.length; ++i, ++bytes) sum = (sum + piece[i] * ((bytes % 65521) + 1)) % 4294967291;
  }
  return { bytes, sum };
}

function json(response, value, fields = {}) {
  const text = JSON.stringify(value);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...fields });
  response.end(text);
}

function redirect(response, status, location, fields = {}) {
  response.writeHead(status, { location, "content-length": 0, ...fields });
  response.end();
}

const codings = {
  gzip: ["gzip", zlib.gzipSync],
  deflate: ["deflate", zlib.deflateSync],
  brotli: ["br", zlib.brotliCompressSync],
};

async function answer(request, response) {
  const [, name, ...rest] = request.url.split("?")[0].split("/");
  switch (name) {
    case "get":
    case "close":
      return json(response, {
        method: request.method, path: request.url, headers: request.headers, connection: String(request.socket.number),
      }, name === "close" ? { connection: "close" } : {});
    case "echo": {
      const body = await bodyOf(request);
      const type = request.headers["content-type"] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "content-length": body.length, "x-method": request.method });
      return response.end(body);
    }
    case "status":
      response.writeHead(Number(rest[0]));
      return response.end();
    case "redirect":
      await bodyOf(request);
      return redirect(response, 302, rest[0] === "1" ? "/get" : `/redirect/${rest[0] - 1}`);
    case "redirect-to":
      await bodyOf(request);
      return redirect(response, Number(rest[0]), `http://${request.headers.host}/${rest[1]}`.replace(/^http:/,
        `${request.headers["x-forwarded-proto"] ?? "http"}:`));
    case "cookies":
      if (rest[0] === "set") return redirect(response, 302, "/cookies", { "set-cookie": `${rest[1]}=${rest[2]}; Path=/` });
      if (rest[0] === "delete")
        return redirect(response, 302, "/cookies", { "set-cookie": `${rest[1]}=; Path=/; Max-Age=0` });
      return json(response, { cookie: request.headers.cookie ?? "" });
    case "compressed": {
      const [coding, compress] = codings[rest[0]];
      const packed = compress(JSON.stringify({ coding: rest[0], text: "x".repeat(100_000) }));
      response.writeHead(200, { "content-type": "application/json", "content-encoding": coding });
      return response.end(packed);
    }
    case "lines":
      response.writeHead(200, { "content-type": "text/plain" });
      for (let i = 0; i < Number(rest[0]); ++i) response.write(`line ${i}\n`);
      return response.end();
    case "trailers":
      if (request.method === "POST") {
        for await (const piece of request) void piece;
        return json(response, request.trailers);
      }
      response.writeHead(200, { trailer: "x-sum" });
      response.write("body");
      response.addTrailers({ "x-sum": "4" });
      return response.end();
    case "bytes":
      response.writeHead(200, { "content-length": rest[0] });
      return request.method === "HEAD" ? response.end() : sendBytes(response, Number(rest[0]));
    case "chunked-bytes":
      response.writeHead(200);
      return sendBytes(response, Number(rest[0]));
    case "count":
      return json(response, await count(request));
    case "delay":
      await new Promise((resolve) => setTimeout(resolve, Number(rest[0])));
      return json(response, {});
    default:
      response.writeHead(404);
      return response.end();
  }
}

const server = http.createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.on("connection", (socket) => { socket.number = ++connections; });
server.listen(Number(process.argv[2]), "127.0.0.1");
