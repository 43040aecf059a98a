// SPDX-License-Identifier: BSL-1.0
#include "websocket/frame.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace coroute::detail;
using namespace std::string_literals;

namespace {

std::string frame(WebSocketRole from, WebSocketOpcode opcode, std::string_view payload, bool compressed = false) {
  std::string out;
  append_frame(out, from, opcode, payload, compressed);
  return out;
}

/// Head without mask and payload.
std::string head_of(std::size_t size) {
  const std::string whole = frame(WebSocketRole::Server, WebSocketOpcode::Binary, std::string(size, 'x'));
  return whole.substr(0, whole.size() - size);
}

}  // namespace

TEST_SUITE_BEGIN("websocket");

TEST_CASE("frame: a server's frames are those of RFC 6455 section 5.7") {
  CHECK(frame(WebSocketRole::Server, WebSocketOpcode::Text, "Hello") == "\x81\x05Hello");
  CHECK(frame(WebSocketRole::Server, WebSocketOpcode::Ping, "Hello") == "\x89\x05Hello");
  CHECK(frame(WebSocketRole::Server, WebSocketOpcode::Close, "") == "\x88\x00"s);
  CHECK(frame(WebSocketRole::Server, WebSocketOpcode::Text, "\xf2\x48\xcd\xc9\xc9\x07\x00"s, true) ==
        "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"s);
}

TEST_CASE("frame: a length takes as few bytes as it can") {
  CHECK(head_of(125) == "\x82\x7D");
  CHECK(head_of(126) == "\x82\x7E\x00\x7E"s);
  CHECK(head_of(65535) == "\x82\x7E\xFF\xFF");
  CHECK(head_of(65536) == "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST_CASE("frame: a client's frames are masked, with another key each") {
  std::set<std::string> keys;
  for (int i = 0; i < 300; ++i) {
    std::string masked = frame(WebSocketRole::Client, WebSocketOpcode::Text, "Hello");
    REQUIRE(masked.size() == 11);
    CHECK(masked.substr(0, 2) == "\x81\x85");
    MaskKey key{};
    std::copy_n(masked.begin() + 2, key.size(), key.begin());
    keys.insert(masked.substr(2, 4));
    apply_mask(masked.data() + 6, 5, key, 0);
    CHECK(masked.substr(6) == "Hello");
  }
  CHECK(keys.size() > 290);
}

TEST_CASE("frame: a mask is the same however the payload is cut") {
  const MaskKey key{0x37, 0xfa, 0x21, 0x3d};
  std::string hello = "Hello";
  apply_mask(hello.data(), hello.size(), key, 0);
  CHECK(hello == "\x7f\x9f\x4d\x51\x58");  // RFC 6455 section 5.7
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += static_cast<char>(i * 7);
  std::string whole = text;
  apply_mask(whole.data(), whole.size(), key, 0);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::string pieces = text;
    apply_mask(pieces.data(), cut, key, 0);
    apply_mask(pieces.data() + cut, pieces.size() - cut, key, cut);
    CHECK(pieces == whole);
  }
}

TEST_SUITE_END();
