// SPDX-License-Identifier: BSL-1.0
#include "server_handshake.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/http_exception.hpp"
#include "handshake.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view version = "13";
constexpr std::size_t key_length = 24;  // of 16 bytes in base64

[[noreturn]] void refuse(const char* why) {
  throw HttpException(Status::BadRequest, std::string("Invalid WebSocket handshake: ") + why);
}

bool is_base64_character(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/// What base64 makes of 16 bytes ends with "==", and with two bits of the last byte before that.
bool is_key(std::string_view key) noexcept {
  if (key.size() != key_length || !key.ends_with("==")) return false;
  key.remove_suffix(2);
  return std::all_of(key.begin(), key.end(), is_base64_character) &&
         std::string_view("AQgw").find(key.back()) != std::string_view::npos;
}

/// The value of a field that must stand there once.
std::string_view only_value(const Request& request, std::string_view name, const char* otherwise) {
  const auto values = request.headers().get_all(name);
  if (values.size() != 1) refuse(otherwise);
  return values.front();
}

/// The elements of a list of tokens over all fields of that name; nothing when one is no token or there twice.
std::optional<std::vector<std::string>> token_list(const Request& request, std::string_view name) {
  std::vector<std::string> tokens;
  for (std::string_view rest : request.headers().get_all(name)) {
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view token = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      token.remove_prefix(std::min(token.find_first_not_of(" \t"), token.size()));
      token.remove_suffix(token.size() - std::min(token.find_last_not_of(" \t") + 1, token.size()));
      if (token.empty()) continue;  // RFC 9110 section 5.6.1: ignored
      if (!is_token(token) || std::find(tokens.begin(), tokens.end(), token) != tokens.end()) return std::nullopt;
      tokens.emplace_back(token);
    }
  }
  return tokens;
}

std::vector<WebSocketExtension> extensions_of(const Request& request) {
  std::vector<WebSocketExtension> all;
  for (const std::string_view field : request.headers().get_all("sec-websocket-extensions")) {
    auto some = parse_extensions(field);
    if (!some) refuse("malformed sec-websocket-extensions");
    std::move(some->begin(), some->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

void check_handshake(const Request& request) {
  if (request.version() < 11) refuse("HTTP/1.0");
  if (!request.headers().has_token("upgrade", "websocket")) refuse("no 'upgrade: websocket'");
  if (!request.headers().has_token("connection", "upgrade")) refuse("no 'connection: upgrade'");
  if (!is_key(only_value(request, "sec-websocket-key", "there must be one sec-websocket-key"))) {
    refuse("sec-websocket-key is not 16 bytes in base64");
  }
  if (only_value(request, "sec-websocket-version", "there must be one sec-websocket-version") != version) {
    throw HttpException(Status::UpgradeRequired, "WebSocket version 13 is spoken here",
                        Headers{{"sec-websocket-version", version}, {"upgrade", "websocket"}});
  }
  if (!token_list(request, "sec-websocket-protocol")) refuse("malformed sec-websocket-protocol");
  extensions_of(request);
}

void ServerHandshake::check_undecided() const {
  if (session_) throw RuntimeError("the WebSocket has been accepted already");
  if (is_rejected_) throw RuntimeError("the WebSocket was closed before it was accepted");
  if (!request_) throw RuntimeError("the handler of this WebSocket has ended");
}

const std::vector<std::string>& ServerHandshake::offered_subprotocols() {
  if (request_ && subprotocols_.empty()) {
    subprotocols_ = token_list(*request_, "sec-websocket-protocol").value_or(std::vector<std::string>());
  }
  return subprotocols_;
}

Headers ServerHandshake::answer_fields(const std::string& subprotocol, const Headers& headers, WebSocketSetup& setup) {
  Headers fields;
  fields.add("upgrade", "websocket");
  fields.add("sec-websocket-accept", websocket_accept(*request_->header("sec-websocket-key")));
  if (!subprotocol.empty()) {
    const auto& offered = offered_subprotocols();
    if (std::find(offered.begin(), offered.end(), subprotocol) == offered.end()) {
      throw std::invalid_argument("the client does not offer the subprotocol '" + subprotocol + "'");
    }
    fields.add("sec-websocket-protocol", subprotocol);
    setup.subprotocol = subprotocol;
  }
  if (options_->compression.enabled) {
    if (const auto agreed = accept_compression_offer(extensions_of(*request_), options_->compression)) {
      fields.add("sec-websocket-extensions", agreed->answer);
      setup.compression = agreed->terms;
    }
  }
  for (const HeaderField field : headers)
    fields.add(field.name, field.value);
  return fields;
}

std::shared_ptr<WebSocketSession> ServerHandshake::accept(const std::string& subprotocol, const Headers& headers) {
  check_undecided();
  ConnectionUpgrader* const upgrader = request_->upgrader();
  if (!upgrader) throw RuntimeError("this connection can't carry a WebSocket");
  WebSocketSetup setup;
  setup.role = WebSocketRole::Server;
  setup.label = std::string("WebSocket ").append(request_->path());
  Response head(Status::SwitchingProtocols);
  head.headers = answer_fields(subprotocol, headers, setup);
  Upgrade upgrade = upgrader->upgrade(head);
  setup.received = std::move(upgrade.received);
  setup.unsent = std::move(upgrade.unsent);
  session_ = WebSocketSession::open(EventLoop::current(), std::move(upgrade.connection), std::move(setup), *options_);
  request_->notify_upgraded();
  return session_;
}

void ServerHandshake::reject() {
  check_undecided();
  is_rejected_ = true;
}

}  // namespace coroute::detail
