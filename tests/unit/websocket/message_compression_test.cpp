// SPDX-License-Identifier: BSL-1.0
#include "websocket/message_compression.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>

using namespace coroute::detail;
using namespace std::string_literals;
using Result = MessageInflater::Result;

namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

/// The inverse of MessageDeflater for one message, given in pieces; empty text for what is refused.
std::string inflated(MessageInflater& inflater, std::string_view bytes, std::size_t piece = std::string::npos) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size())) {
    if (inflater.inflate(bytes.substr(at, piece), out, unlimited) != Result::Good) return "";
  }
  return inflater.finish(out, unlimited) == Result::Good ? out : "";
}

std::string random_text(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::string text(size, 'x');
  for (char& c : text)
    c = static_cast<char>(random() >> 8U);
  return text;
}

CompressionTerms terms_of(int window_bits, bool context) {
  return {window_bits, window_bits, context, context};
}

}  // namespace

TEST_SUITE_BEGIN("websocket");

TEST_CASE("message_compression: messages of every size and window come back, with a context and without") {
  for (const int window_bits : {9, 12, 15}) {
    for (const bool context : {true, false}) {
      CAPTURE(window_bits);
      CAPTURE(context);
      MessageDeflater deflater(terms_of(window_bits, context));
      MessageInflater inflater(terms_of(window_bits, context));
      for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 100, 16384, 300'000}) {
        for (const std::string& message : {std::string(size, 'a'), random_text(size, 5)}) {
          const std::string bytes = deflater.deflate(message);
          const bool same = inflated(inflater, bytes) == message;
          CHECK(same);
        }
      }
    }
  }
}

TEST_CASE("message_compression: the examples of RFC 7692 section 7.2.3 are read") {
  const CompressionTerms terms;
  MessageInflater inflater(terms);
  CHECK(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s) == "Hello");
  CHECK(inflated(inflater, "\xf2\x00\x11\x00\x00"s) == "Hello");  // refers to the one before
  MessageInflater fresh(terms);
  CHECK(inflated(fresh, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s) == "Hello");  // a block without compression
  CHECK(inflated(fresh, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s) == "Hello");              // BFINAL
  CHECK(inflated(fresh, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s) == "Hello");  // two blocks
}

TEST_CASE("message_compression: a message may come in pieces of any size") {
  MessageDeflater deflater(terms_of(15, true));
  MessageInflater inflater(terms_of(15, true));
  const std::string message = random_text(3000, 1) + std::string(3000, 'b');
  for (const std::size_t piece : std::initializer_list<std::size_t>{1, 2, 7, 1000}) {
    const std::string bytes = deflater.deflate(message);
    const bool same = inflated(inflater, bytes, piece) == message;
    CHECK(same);
  }
}

TEST_CASE("message_compression: a context makes the same message shorter the second time") {
  const std::string message = random_text(1000, 3);
  MessageDeflater with(terms_of(15, true));
  MessageDeflater without(terms_of(15, false));
  const std::size_t first = with.deflate(message).size();
  CHECK(with.deflate(message).size() < first / 10);
  CHECK(without.deflate(message) == without.deflate(message));
}

TEST_CASE("message_compression: what comes out is bounded, whatever goes in") {
  MessageDeflater deflater(terms_of(15, false));
  const std::string bytes = deflater.deflate(std::string(64 * 1024 * 1024, '\0'));
  for (const std::size_t limit : std::initializer_list<std::size_t>{1000, 100'000}) {
    MessageInflater inflater(terms_of(15, false));
    std::string out;
    CHECK(inflater.inflate(bytes, out, limit) == Result::TooLarge);
    CHECK(out.size() <= limit + 16 * 1024);
  }
  MessageInflater exact(terms_of(15, false));
  std::string out;
  const std::string small = deflater.deflate(std::string(1000, 'a'));
  CHECK(exact.inflate(small, out, 1000) == Result::Good);
  CHECK(exact.finish(out, 1000) == Result::Good);
  CHECK(out.size() == 1000);
}

TEST_CASE("message_compression: bytes that are no deflate are refused") {
  MessageInflater inflater({});
  std::string out;
  CHECK(inflater.inflate("\xFF\xFF\xFF\xFF", out, unlimited) == Result::Corrupt);
}

TEST_SUITE_END();
