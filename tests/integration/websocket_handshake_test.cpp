// SPDX-License-Identifier: BSL-1.0
// RFC 6455 section 4.2: what a server takes for the opening handshake of a WebSocket, and what it doesn't.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "coroute/app/app.hpp"
#include "support/raw_websocket.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;

namespace {

Async<void> accept(WebSocket& ws) {
  co_await ws.accept();
}

Handler accepting_handler() {
  App app;
  app.websocket("/", accept);
  return std::move(app).handler();
}

struct HandshakeCase {
  std::string name;
  std::string request;
  int status;
};

std::string with(std::string_view field, std::string_view left_out = {}) {
  return handshake("/", std::string(field) + "\r\n", left_out);
}

std::vector<HandshakeCase> handshake_cases() {
  const std::string http10 =
      "GET / HTTP/1.0\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: "
      "13\r\nsec-websocket-key: " +
      std::string(sample_key) + "\r\n\r\n";
  return {
      {"a good one", handshake("/"), 101},
      {"no Upgrade", handshake("/", {}, "upgrade"), 400},
      {"another Upgrade", with("upgrade: h2c", "upgrade"), 400},
      {"Upgrade in another case", with("Upgrade: WebSocket", "upgrade"), 101},
      {"Upgrade among others", with("upgrade: h2c, websocket", "upgrade"), 101},
      {"no Connection", handshake("/", {}, "connection"), 400},
      {"Connection without upgrade", with("connection: keep-alive", "connection"), 400},
      {"Connection among others", with("connection: keep-alive, Upgrade", "connection"), 101},
      {"no key", handshake("/", {}, "key"), 400},
      {"an empty key", with("sec-websocket-key: ", "key"), 400},
      {"a short key", with("sec-websocket-key: dGhlIHNhbXBsZSBub25j", "key"), 400},
      {"a long key", with("sec-websocket-key: dGhlIHNhbXBsZSBub25jZWRkZWQ=", "key"), 400},
      {"a key that is no base64", with("sec-websocket-key: dGhlIHNhbXBsZSBub25j!!==", "key"), 400},
      {"a key with bits left over", with("sec-websocket-key: dGhlIHNhbXBsZSBub25jZR==", "key"), 400},
      {"two keys", with("sec-websocket-key: " + std::string(sample_key)), 400},
      {"no version", handshake("/", {}, "version"), 400},
      {"version 8", with("sec-websocket-version: 8", "version"), 426},
      {"version 12", with("sec-websocket-version: 12", "version"), 426},
      {"version 14", with("sec-websocket-version: 14", "version"), 426},
      {"no number as version", with("sec-websocket-version: x", "version"), 426},
      {"two versions", with("sec-websocket-version: 13"), 400},
      {"unknown extensions", with("sec-websocket-extensions: foo; bar=1, baz"), 101},
      {"malformed extensions", with("sec-websocket-extensions: foo; ="), 400},
      {"subprotocols", with("sec-websocket-protocol: a, b"), 101},
      {"a subprotocol that is no token", with("sec-websocket-protocol: a b"), 400},
      {"a subprotocol given twice", with("sec-websocket-protocol: a, a"), 400},
      {"HTTP/1.0", http10, 400},
      {"a body", with("content-length: 5") + "hello", 400},
      {"a chunked body", with("transfer-encoding: chunked") + "0\r\n\r\n", 400},
      {"POST", "POST" + handshake("/", "content-length: 0\r\n").substr(3), 404},
      {"no handshake", get("/"), 404},
      {"another path", handshake("/none"), 404},
  };
}

}  // namespace

TEST_SUITE_BEGIN("server");

TEST_CASE("websocket RFC 6455 section 4.2: what is no handshake is refused") {
  const TestServer server(accepting_handler());
  for (const HandshakeCase& one : handshake_cases()) {
    CAPTURE(one.name);
    const RawResponse response = server.request(one.request);
    CHECK(response.status == one.status);
    const bool names_version = response.header("sec-websocket-version") == "13";
    CHECK(names_version == (one.status == 426));
  }
}

TEST_SUITE_END();
