// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/test_websocket.hpp"

#include <utility>

#include "client/outgoing_request.hpp"
#include "coroute/client/errors.hpp"
#include "outgoing_test_request.hpp"
#include "test_websocket_state.hpp"
#include "websocket/handshake.hpp"
#include "websocket/handshake_fields.hpp"
#include "websocket/session.hpp"

namespace coroute {
namespace detail {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items)
    text.append(text.empty() ? "" : ", ").append(item);
  return text;
}

/// As a request of HTTP: that is what the application sees.
std::string http_url(std::string url) {
  if (url.starts_with("ws://") || url.starts_with("wss://")) url.replace(0, 2, "http");
  return url;
}

OutgoingTestRequest handshake_request(std::shared_ptr<TestClientCore> client, std::string url,
                                      const TestWebSocketOptions& options) {
  OutgoingTestRequest request;
  request.method = "GET";
  request.url = http_url(std::move(url));
  for (const TextPair& pair : options.query)
    request.query.add(std::string(pair.name), std::string(pair.value));
  for (const HeaderField field : options.headers) {
    check_field_name(field.name);
    if (is_handshake_field(field.name)) {
      throw std::invalid_argument("the header field '" + std::string(field.name) +
                                  "' is set by the WebSocket handshake");
    }
    request.headers.add(field.name, field.value);
  }
  for (const TextPair& pair : options.cookies)
    cookie_text(request.cookies.emplace_back(pair));
  request.headers.add("connection", "Upgrade");
  request.headers.add("upgrade", "websocket");
  request.headers.add("sec-websocket-version", "13");
  request.headers.add("sec-websocket-key", make_websocket_key());
  if (!options.subprotocols.empty()) request.headers.add("sec-websocket-protocol", joined(options.subprotocols));
  request.prepare(client->headers());
  return request;
}

}  // namespace

Async<std::unique_ptr<TestWebSocketState>> open_test_websocket(std::shared_ptr<TestClientCore> client, std::string url,
                                                               TestWebSocketOptions options) {
  check_options(options.websocket);
  client->check_runs_here();
  const OutgoingTestRequest request = handshake_request(client, std::move(url), options);
  const auto exchange =
      std::make_shared<TestExchange>(client, request, test_url(client->base_prefix(), request.url, request.query));
  Task<void> handler = co_await TestExchange::perform_upgrade(exchange);
  if (!exchange->is_upgraded()) {
    throw WebSocketHandshakeError(exchange->response(), "no WebSocket");
  }
  const Headers& fields = exchange->upgrade_fields();
  for (const std::string_view field : fields.get_all("set-cookie"))
    client->cookies().store(field, exchange->url());
  WebSocketSetup setup;
  setup.role = WebSocketRole::Client;
  setup.label = exchange->label();
  setup.subprotocol = fields.get("sec-websocket-protocol").value_or("");
  WebSocket websocket(
      WebSocketSession::open(client->loop(), exchange->take_client_end(), std::move(setup), options.websocket));
  co_return std::make_unique<TestWebSocketState>(client, exchange, std::move(handler), std::move(websocket));
}

}  // namespace detail

namespace {

Async<void> close_and_wait(detail::TestWebSocketState& state, WebSocketCloseCode code, std::string reason) {
  co_await state.websocket.close(code, std::move(reason));
  co_await state.handler;
}

}  // namespace

TestWebSocket::TestWebSocket(std::unique_ptr<detail::TestWebSocketState> state) noexcept : state_(std::move(state)) {}

TestWebSocket::TestWebSocket(TestWebSocket&&) noexcept = default;

TestWebSocket::~TestWebSocket() = default;

std::optional<WebSocketMessage> TestWebSocket::receive() {
  return run(websocket().receive());
}

std::optional<std::string> TestWebSocket::receive_text() {
  return run(websocket().receive_text());
}

std::optional<std::string> TestWebSocket::receive_bytes() {
  return run(websocket().receive_bytes());
}

void TestWebSocket::send_text(std::string text) {
  run(websocket().send_text(std::move(text)));
}

void TestWebSocket::send_bytes(std::string bytes) {
  run(websocket().send_bytes(std::move(bytes)));
}

void TestWebSocket::close(WebSocketCloseCode code, std::string reason) {
  run(close_and_wait(*state_, code, std::move(reason)));
}

std::optional<WebSocketCloseCode> TestWebSocket::close_code() const {
  return state_->websocket.close_code();
}

const std::string& TestWebSocket::close_reason() const {
  return state_->websocket.close_reason();
}

const std::string& TestWebSocket::subprotocol() const {
  return state_->websocket.subprotocol();
}

const Headers& TestWebSocket::headers() const noexcept {
  return state_->exchange->upgrade_fields();
}

WebSocket& TestWebSocket::websocket() noexcept {
  return state_->websocket;
}

EventLoop& TestWebSocket::loop() const {
  return state_->client->loop();
}

void TestWebSocket::run_until_done(const AnyTask& task) {
  state_->client->check_can_run();
  state_->client->run_until_done(task);
}

void TestWebSocket::check_handler() {
  if (state_->websocket.is_open()) return;
  if (const std::exception_ptr error = state_->exchange->take_failure()) std::rethrow_exception(error);
}

}  // namespace coroute
