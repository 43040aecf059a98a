// SPDX-License-Identifier: BSL-1.0
#include "websocket/message_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace coroute;
using namespace coroute::detail;
using namespace std::string_literals;
using Event = MessageReader::Event;

namespace {

struct Options {
  WebSocketRole role = WebSocketRole::Client;
  std::size_t max_message_bytes = 1000;
  std::optional<CompressionTerms> compression = std::nullopt;
  std::size_t piece = std::string::npos;  // bytes at a time
};

/// What the reader made of its bytes, such as "text hello, ping x, failed 1002 a masked frame".
std::string read(std::string_view bytes, const Options& options = {}) {
  MessageReader reader(options.role, options.max_message_bytes, options.compression);
  std::string all;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(options.piece, bytes.size())) {
    std::string_view piece = bytes.substr(at, options.piece);
    while (!piece.empty()) {
      const Event event = reader.next(piece);
      if (event == Event::None) continue;
      if (!all.empty()) all += ", ";
      if (event == Event::Message) {
        WebSocketMessage message = reader.take_message();
        all += (message.is_text() ? "text " : "binary ") + message.data();
      }
      if (event == Event::Ping) all += "ping " + reader.payload();
      if (event == Event::Pong) all += "pong " + reader.payload();
      if (event == Event::Close) {
        return all + "close " + std::to_string(to_number(reader.close_code())) + ' ' + reader.payload();
      }
      if (event == Event::Failed) {
        return all + "failed " + std::to_string(to_number(reader.failure().code)) + ' ' + reader.failure().text;
      }
    }
  }
  return all;
}

/// A frame of a server with a short payload.
std::string frame(unsigned first, std::string_view payload) {
  return std::string{static_cast<char>(first), static_cast<char>(payload.size())}.append(payload);
}

constexpr unsigned text_frame = 0x81;
constexpr unsigned binary_frame = 0x82;
constexpr unsigned text_begin = 0x01;
constexpr unsigned more = 0x00;
constexpr unsigned last = 0x80;
constexpr unsigned close_frame = 0x88;
constexpr unsigned ping_frame = 0x89;
constexpr unsigned pong_frame = 0x8A;

std::string close_payload(unsigned code, std::string_view reason = "") {
  return std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)}.append(reason);
}

}  // namespace

TEST_SUITE_BEGIN("websocket");

TEST_CASE("message_reader: messages and control frames come out in their order, however the bytes are cut") {
  const std::string bytes = frame(text_frame, "Hello") + frame(ping_frame, "x") + frame(binary_frame, "\x01\x02") +
                            frame(pong_frame, "") + frame(text_frame, "") +
                            frame(close_frame, close_payload(1000, "bye"));
  for (const std::size_t piece : std::vector<std::size_t>{1, 2, 3, 100}) {
    CAPTURE(piece);
    CHECK(read(bytes, {.piece = piece}) == "text Hello, ping x, binary \x01\x02, pong , text , close 1000 bye");
  }
}

TEST_CASE("message_reader: fragments make one message, with control frames in between") {
  const std::string bytes = frame(text_begin, "Hel") + frame(ping_frame, "a") + frame(more, "") + frame(more, "l") +
                            frame(pong_frame, "b") + frame(last, "o") + frame(text_frame, "next");
  CHECK(read(bytes) == "ping a, pong b, text Hello, text next");
  CHECK(read(bytes, {.piece = 1}) == "ping a, pong b, text Hello, text next");
}

TEST_CASE("message_reader: a server's side takes the mask off") {
  std::string bytes;
  append_frame(bytes, WebSocketRole::Client, WebSocketOpcode::Text, "Hello");
  append_frame(bytes, WebSocketRole::Client, WebSocketOpcode::Ping, "x");
  append_frame(bytes, WebSocketRole::Client, WebSocketOpcode::Binary, std::string(500, 'y'));
  for (const std::size_t piece : std::vector<std::size_t>{1, 3, 1000}) {
    CHECK(read(bytes, {.role = WebSocketRole::Server, .piece = piece}) ==
          "text Hello, ping x, binary " + std::string(500, 'y'));
  }
}

TEST_CASE("message_reader: what breaks RFC 6455 fails at its first byte") {
  struct Bad {
    std::string bytes;
    std::string expected;
  };
  const std::vector<Bad> all{
      {"\x81\x80", "failed 1002 a masked frame"},
      {"\xA1\x00"s, "failed 1002 a frame with a reserved bit"},
      {"\x91\x00"s, "failed 1002 a frame with a reserved bit"},
      {"\xC1\x00"s, "failed 1002 a frame with a reserved bit"},
      {"\x83\x00"s, "failed 1002 a frame with a reserved opcode"},
      {"\x87\x00"s, "failed 1002 a frame with a reserved opcode"},
      {"\x8B\x00"s, "failed 1002 a frame with a reserved opcode"},
      {"\x8F\x00"s, "failed 1002 a frame with a reserved opcode"},
      {"\x89\x7E", "failed 1002 a control frame of more than 125 bytes"},
      {"\x88\x7F", "failed 1002 a control frame of more than 125 bytes"},
      {"\x09\x00"s, "failed 1002 a control frame in fragments"},
      {"\x08\x00"s, "failed 1002 a control frame in fragments"},
      {"\x80\x00"s, "failed 1002 a continuation of no message"},
      {"\x00\x00"s, "failed 1002 a continuation of no message"},
      {frame(text_begin, "a") + "\x81\x00"s, "failed 1002 a message inside another"},
      {frame(text_begin, "a") + "\x02\x00"s, "failed 1002 a message inside another"},
      {frame(text_frame, "a") + "\x80\x00"s, "text a, failed 1002 a continuation of no message"},
      {"\x82\x7E\x00\x7D"s, "failed 1002 a length in more bytes than it needs"},
      {"\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF"s, "failed 1002 a length in more bytes than it needs"},
      {"\x82\x7F\x80\x00\x00\x00\x00\x00\x00\x00"s, "failed 1002 a length beyond 63 bits"},
      {frame(close_frame, "x"), "failed 1002 a close code of one byte"},
  };
  for (const Bad& bad : all) {
    CAPTURE(bad.expected);
    CHECK(read(bad.bytes) == bad.expected);
    CHECK(read(bad.bytes, {.piece = 1}) == bad.expected);
  }
  CHECK(read("\x81\x05Hello", {.role = WebSocketRole::Server}) == "failed 1002 a frame that is not masked");
}

TEST_CASE("message_reader: control frames of 125 bytes pass") {
  const std::string longest(125, 'p');
  CHECK(read(frame(ping_frame, longest)) == "ping " + longest);
}

TEST_CASE("message_reader: a close has no code, or one that may be sent, and a reason that is UTF-8") {
  CHECK(read(frame(close_frame, "")) == "close 1005 ");
  for (const unsigned code : {1000U, 1003U, 1007U, 1014U, 3000U, 4999U}) {
    CHECK(read(frame(close_frame, close_payload(code))) == "close " + std::to_string(code) + ' ');
  }
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1100U, 2999U, 5000U, 65535U}) {
    CHECK(read(frame(close_frame, close_payload(code))) == "failed 1002 a close code that must not be sent");
  }
  const std::string longest(123, 'r');
  CHECK(read(frame(close_frame, close_payload(1000, longest))) == "close 1000 " + longest);
  CHECK(read(frame(close_frame, close_payload(1000, "\xFF"))) == "failed 1007 a close reason that is not UTF-8");
  CHECK(read(frame(close_frame, close_payload(1000, "\xE2\x82"))) == "failed 1007 a close reason that is not UTF-8");
}

TEST_CASE("message_reader: a text that is no UTF-8 fails before its end") {
  CHECK(read(frame(text_frame, "\xE2\x82\xAC")) == "text \xE2\x82\xAC");
  CHECK(read(frame(text_begin, "\xE2") + frame(last, "\x82\xAC")) == "text \xE2\x82\xAC");
  CHECK(read(frame(binary_frame, "\xFF")) == "binary \xFF");
  CHECK(read(frame(text_begin, "a\xFF")) == "failed 1007 a text that is not UTF-8");
  CHECK(read("\x01\x7E\x01\x00\xFF"s) == "failed 1007 a text that is not UTF-8");
  CHECK(read(frame(text_begin, "\xF4") + frame(more, "\x90")) == "failed 1007 a text that is not UTF-8");
  CHECK(read(frame(text_frame, "a\xE2\x82")) == "failed 1007 a text that is not UTF-8");
  CHECK(read(frame(text_frame, "a\xE2\x82") + frame(text_frame, "\xAC")) == "failed 1007 a text that is not UTF-8");
}

TEST_CASE("message_reader: a message over the limit fails at the head that announces it") {
  const std::string at_limit(100, 'x');
  CHECK(read(frame(text_frame, at_limit), {.max_message_bytes = 100}) == "text " + at_limit);
  CHECK(read("\x81\x65", {.max_message_bytes = 100}) == "failed 1009 a message over the limit");
  CHECK(read("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s) == "failed 1009 a message over the limit");
  const std::string fragments = frame(text_begin, std::string(60, 'x')) + frame(more, std::string(40, 'x'));
  CHECK(read(fragments + frame(last, ""), {.max_message_bytes = 100}) == "text " + at_limit);
  CHECK(read(fragments + "\x80\x01", {.max_message_bytes = 100}) == "failed 1009 a message over the limit");
}

TEST_CASE("message_reader: each message has the whole limit, and no memory of the one before") {
  const std::string hundred(100, 'x');
  const std::string bytes = frame(text_frame, hundred) + frame(text_frame, hundred);
  CHECK(read(bytes, {.max_message_bytes = 100}) == "text " + hundred + ", text " + hundred);
}

namespace {

const Options with_compression{.compression = CompressionTerms{}};

Options compressed_up_to(std::size_t limit) {
  return {.max_message_bytes = limit, .compression = CompressionTerms{}};
}

std::string deflated(std::string_view message) {
  MessageDeflater deflater({});
  return deflater.deflate(message);
}

}  // namespace

TEST_CASE("message_reader: compressed messages, whole and in fragments, are inflated; others stay as they are") {
  const std::string hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
  const std::string bytes = frame(0xC1, hello) + frame(text_frame, "plain") + frame(0x41, hello.substr(0, 3)) +
                            frame(ping_frame, "x") + frame(last, hello.substr(3));
  CHECK(read(bytes, with_compression) == "text Hello, text plain, ping x, text Hello");
  Options piecewise = with_compression;
  piecewise.piece = 1;
  CHECK(read(bytes, piecewise) == "text Hello, text plain, ping x, text Hello");
}

TEST_CASE("message_reader: a server's side inflates masked messages") {
  std::string message;
  for (int i = 0; i < 20'000; ++i)
    message += std::to_string(i);
  std::string bytes;
  append_frame(bytes, WebSocketRole::Client, WebSocketOpcode::Text, deflated(message), true);
  for (const std::size_t piece : std::vector<std::size_t>{7, 5000, std::string::npos}) {
    const Options options{WebSocketRole::Server, 200'000, CompressionTerms{}, piece};
    const bool same = read(bytes, options) == "text " + message;
    CHECK(same);
  }
}

TEST_CASE("message_reader: compression is marked on the first frame of a message and nowhere else") {
  const std::string hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
  CHECK(read(frame(0x41, hello) + "\xC0\x00"s, with_compression) == "failed 1002 a frame with a reserved bit");
  CHECK(read("\xC9\x00"s, with_compression) == "failed 1002 a frame with a reserved bit");
}

TEST_CASE("message_reader: the limit is for what comes out of compression") {
  const std::string bytes = frame(0xC2, deflated(std::string(10'000, 'x')));
  CHECK(read(bytes, compressed_up_to(10'000)) == "binary " + std::string(10'000, 'x'));
  CHECK(read(bytes, compressed_up_to(9'999)) == "failed 1009 a message over the limit");
}

TEST_CASE("message_reader: compressed bytes that never give anything are bounded too") {
  std::string bytes = frame(0x42, "");
  for (int i = 0; i < 100; ++i)
    bytes += frame(more, std::string("\x00\x00\x00\xff\xff", 5) + std::string("\x00\x00\x00\xff\xff", 5));
  CHECK(read(bytes, compressed_up_to(1000)) == "");  // 1000 bytes
  for (int i = 0; i < 200; ++i)
    bytes += frame(more, std::string("\x00\x00\x00\xff\xff", 5) + std::string("\x00\x00\x00\xff\xff", 5));
  CHECK(read(bytes, compressed_up_to(1000)) == "failed 1009 a message over the limit");
}

TEST_CASE("message_reader: malformed compression and compressed texts that are no UTF-8 fail") {
  CHECK(read(frame(0xC1, "\xFF\xFF\xFF\xFF"), with_compression) == "failed 1007 a malformed compressed message");
  CHECK(read(frame(0xC1, deflated("a\xFF")), with_compression) == "failed 1007 a text that is not UTF-8");
  CHECK(read(frame(0xC1, deflated("a\xE2\x82")), with_compression) == "failed 1007 a text that is not UTF-8");
}

// --- discarded ---

TEST_CASE("message_reader: of messages that are discarded nothing is kept or checked, control frames still come") {
  MessageReader reader(WebSocketRole::Client, 10, CompressionTerms());
  const auto feed = [&](std::string_view bytes) {
    const Event event = reader.next(bytes);
    CHECK(bytes.empty());
    return event;
  };
  CHECK(feed(frame(text_begin, "begun")) == Event::None);
  reader.discard_messages();
  CHECK(feed(frame(ping_frame, "x")) == Event::Ping);
  CHECK(reader.payload() == "x");
  CHECK(feed(frame(last, "\xFF")) == Event::None);
  CHECK(feed(frame(0xC1, "\xFF\xFF\xFF")) == Event::None);
  CHECK(feed(frame(binary_frame, std::string(100, 'x'))) == Event::None);
  CHECK(feed(frame(close_frame, close_payload(1000, "bye"))) == Event::Close);
  CHECK(reader.payload() == "bye");
}

TEST_CASE("message_reader: a broken frame among discarded messages is still refused") {
  MessageReader reader(WebSocketRole::Client, 10, std::nullopt);
  reader.discard_messages();
  const std::string bytes = frame(text_begin, "x") + frame(text_frame, "inside");
  std::string_view rest = bytes;
  CHECK(reader.next(rest) == Event::Failed);
  CHECK(reader.failure().text == "a message inside another"s);
}

TEST_SUITE_END();
