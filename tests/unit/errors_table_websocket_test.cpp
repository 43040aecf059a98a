// SPDX-License-Identifier: BSL-1.0
// framework/errors.md says what clients get whose WebSocket is not opened: each row is brought about here.
#include <doctest/doctest.h>

#include <string>

#include "coroute/app/app.hpp"
#include "support/answer_of.hpp"
#include "support/errors_table.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::Rows;
using coroute::testing::rows_below;
using coroute::testing::TestRequest;

namespace {

struct Fields {
  const char* upgrade = "websocket";
  const char* version = "13";
  const char* origin = "http://testserver";
};

void add_answer(Rows& rows, const Fields& fields) {
  App app;
  app.websocket("/", [](WebSocket& ws) -> Async<void> { co_await ws.close(); }, {.same_origin = true});
  const Handler handler = std::move(app).handler();
  TestRequest request("GET", "/");
  request.header("host", "testserver").header("connection", "upgrade").header("upgrade", fields.upgrade);
  request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").header("sec-websocket-version", fields.version);
  request.header("origin", fields.origin);
  const Response response = testing::answer_of(handler, request);
  std::string body(response.content());
  const std::size_t why = body.find("handshake: ");
  if (why != std::string::npos) body.replace(why + 11, std::string::npos, "{why}\"}");
  rows.emplace(std::to_string(response.status.code()), body.empty() ? "nothing" : body);
}

std::string text_of(const Rows& rows) {
  std::string text;
  for (const auto& [status, body] : rows)
    text.append(status).append(" ").append(body).append("\n");
  return text;
}

}  // namespace

TEST_SUITE("errors") {
  TEST_CASE("errors table: what is answered to handshakes of WebSockets is as listed") {
    Rows rows;
    add_answer(rows, {});
    add_answer(rows, {.upgrade = "h2c"});
    add_answer(rows, {.version = "8"});
    add_answer(rows, {.origin = "http://evil.example"});
    CHECK(text_of(rows) == text_of(rows_below("WebSocket handshakes")));
  }
}
