// SPDX-License-Identifier: BSL-1.0
#include "websocket/handshake.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>

using namespace coroute;
using namespace coroute::detail;

namespace {

/// "name p=v q;other", or "malformed".
std::string text_of(std::string_view field) {
  const auto extensions = parse_extensions(field);
  if (!extensions) return "malformed";
  std::string text;
  for (const WebSocketExtension& extension : *extensions) {
    text += (text.empty() ? "" : ";") + extension.name;
    for (const auto& [name, value] : extension.parameters)
      text += ' ' + name + (value ? '=' + *value : "");
  }
  return text;
}

std::optional<CompressionTerms> terms_of(std::string_view answer, const WebSocketCompression& options = {}) {
  return accept_compression_answer(parse_extensions(answer)->front(), options);
}

/// "<answer>: <send window> <receive window> context <directions>".
std::string agreement_on(std::string_view offers, const WebSocketCompression& options = {}) {
  const auto made = accept_compression_offer(*parse_extensions(offers), options);
  if (!made) return "none";
  const CompressionTerms& terms = made->terms;
  const char* const contexts =
      terms.send_context ? (terms.receive_context ? "both" : "send") : (terms.receive_context ? "receive" : "none");
  return made->answer + ": " + std::to_string(terms.send_window_bits) + ' ' +
         std::to_string(terms.receive_window_bits) + " context " + contexts;
}

}  // namespace

TEST_SUITE_BEGIN("websocket");

TEST_CASE("handshake: the answer to a key is that of RFC 6455 section 1.3") {
  CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("handshake: a key is 16 bytes in base64, another each time") {
  const std::string key = make_websocket_key();
  CHECK(key.size() == 24);
  CHECK(key.substr(22) == "==");
  CHECK(make_websocket_key() != key);
}

TEST_CASE("handshake: extensions are read with their parameters") {
  CHECK(text_of("") == "");
  CHECK(text_of("a") == "a");
  CHECK(text_of(" a ; b ; c = 1 ,, d; e=\"f\" ") == "a b c=1;d e=f");
  CHECK(text_of("permessage-deflate; client_max_window_bits") == "permessage-deflate client_max_window_bits");
}

TEST_CASE("handshake: malformed extensions are refused") {
  for (const std::string_view field :
       {"a b", "a;", "a; ;b", "a; b=", "a; b=\"", "a; b=\"c", "a; b=\"c d\"", "=", ";a"}) {
    CAPTURE(field);
    CHECK(text_of(field) == "malformed");
  }
}

TEST_CASE("handshake: the offer asks for no contexts when none are wanted") {
  CHECK(compression_offer({}) == "permessage-deflate; client_max_window_bits");
  CHECK(compression_offer({.context_takeover = false}) ==
        "permessage-deflate; client_max_window_bits; client_no_context_takeover; server_no_context_takeover");
}

TEST_CASE("handshake: an answer sets the terms of each direction") {
  CHECK(terms_of("permessage-deflate") == CompressionTerms{12, 15, true, true});
  CHECK(terms_of("Permessage-Deflate; client_max_window_bits=10; server_max_window_bits=9") ==
        CompressionTerms{10, 9, true, true});
  CHECK(terms_of("permessage-deflate; client_max_window_bits=15") == CompressionTerms{12, 15, true, true});
  CHECK(terms_of("permessage-deflate; client_max_window_bits=8") == CompressionTerms{8, 15, true, true});
  CHECK(terms_of("permessage-deflate; server_no_context_takeover") == CompressionTerms{12, 15, true, false});
  CHECK(terms_of("permessage-deflate; client_no_context_takeover") == CompressionTerms{12, 15, false, true});
  CHECK(terms_of("permessage-deflate", {.context_takeover = false}) == CompressionTerms{12, 15, false, true});
}

TEST_CASE("handshake: an answer that goes beyond the offer is refused") {
  for (const std::string_view answer :
       {"x-webkit-deflate-frame", "permessage-deflate; other", "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=9; server_max_window_bits=10"}) {
    CAPTURE(answer);
    CHECK_FALSE(terms_of(answer));
  }
}

TEST_CASE("handshake: a server takes up the first offer that it can") {
  CHECK(agreement_on("permessage-deflate") == "permessage-deflate: 12 15 context both");
  CHECK(agreement_on("permessage-deflate; client_max_window_bits") ==
        "permessage-deflate; client_max_window_bits=12: 12 12 context both");
  CHECK(agreement_on("permessage-deflate; client_max_window_bits=10; server_max_window_bits=9") ==
        "permessage-deflate; server_max_window_bits=9; client_max_window_bits=10: 9 10 context both");
  CHECK(agreement_on("permessage-deflate; server_max_window_bits=15") ==
        "permessage-deflate; server_max_window_bits=12: 12 15 context both");
  CHECK(agreement_on("permessage-deflate; server_no_context_takeover") ==
        "permessage-deflate; server_no_context_takeover: 12 15 context receive");
  CHECK(agreement_on("permessage-deflate; client_no_context_takeover") ==
        "permessage-deflate; client_no_context_takeover: 12 15 context send");
  CHECK(agreement_on("permessage-deflate", {.context_takeover = false}) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover: 12 15 context none");
  CHECK(agreement_on("x, permessage-deflate; other, permessage-deflate; server_max_window_bits=7, "
                     "permessage-deflate; server_max_window_bits=8") ==
        "permessage-deflate; server_max_window_bits=8: 8 15 context both");
  CHECK(agreement_on("x, permessage-deflate; server_max_window_bits") == "none");
  CHECK(agreement_on("") == "none");
}

TEST_CASE("handshake: what a server answers means the same to the client") {
  for (const bool client_context : {true, false}) {
    for (const bool server_context : {true, false}) {
      const WebSocketCompression client{.window_bits = 10, .context_takeover = client_context};
      const WebSocketCompression server{.window_bits = 11, .context_takeover = server_context};
      const auto made = accept_compression_offer(*parse_extensions(compression_offer(client)), server);
      REQUIRE(made.has_value());
      const std::optional<CompressionTerms> terms = terms_of(made->answer, client);
      REQUIRE(terms.has_value());
      CHECK(terms->send_window_bits <= made->terms.receive_window_bits);
      CHECK(terms->receive_window_bits >= made->terms.send_window_bits);
      CHECK(terms->send_context == made->terms.receive_context);
      CHECK(terms->receive_context == made->terms.send_context);
      CHECK(terms->send_context == (client_context && server_context));
    }
  }
}

TEST_CASE("handshake: options with which nothing could be sent or received are refused") {
  CHECK_NOTHROW(check_options({}));
  CHECK_THROWS_AS(check_options({.max_message_bytes = 0}), std::invalid_argument);
  CHECK_THROWS_AS(check_options({.max_queued_messages = 0}), std::invalid_argument);
  CHECK_THROWS_AS(check_options({.compression = {.window_bits = 8}}), std::invalid_argument);
  CHECK_THROWS_AS(check_options({.compression = {.window_bits = 16}}), std::invalid_argument);
}

TEST_SUITE_END();
