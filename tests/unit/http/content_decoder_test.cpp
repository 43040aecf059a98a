// SPDX-License-Identifier: BSL-1.0
#include "http/content_decoder.hpp"

#include <brotli/encode.h>
#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/gzip.hpp"

using namespace coroute::detail;
using coroute::testing::deflated;
using coroute::testing::gzipped;

namespace {

std::string brotli(const std::string& text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 64;
  std::string out(size, '\0');
  REQUIRE(BrotliEncoderCompress(BROTLI_DEFAULT_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, text.size(),
                                reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE);
  out.resize(size);
  return out;
}

/// What comes out, or the name of the error, when `input` comes in pieces of `step` bytes.
std::string decoded(ContentCoding coding, const std::string& input, std::size_t step,
                    const DecoderLimits& limits = {}) {
  ContentDecoder decoder(coding, limits);
  std::string out;
  DecodeError error = DecodeError::None;
  for (std::size_t at = 0; at < input.size() && error == DecodeError::None; at += step)
    error = decoder.decode(std::string_view(input).substr(at, step), out);
  if (error == DecodeError::None) error = decoder.finish();
  switch (error) {
    case DecodeError::None:
      return out;
    case DecodeError::Corrupt:
      return "corrupt";
    case DecodeError::TooLarge:
      return "too large";
    case DecodeError::RatioTooHigh:
      break;
  }
  return "ratio too high";
}

struct Encoding {
  const char* name;
  ContentCoding coding;
  std::string (*encode)(const std::string&);
};
const std::vector<Encoding>& encodings() {
  static const std::vector<Encoding> all{
      {"gzip", ContentCoding::Gzip, [](const std::string& text) { return gzipped(text); }},
      {"deflate", ContentCoding::Deflate, [](const std::string& text) { return deflated(text, MAX_WBITS); }},
      {"bare deflate", ContentCoding::Deflate, [](const std::string& text) { return deflated(text, -MAX_WBITS); }},
      {"br", ContentCoding::Brotli, brotli}};
  return all;
}

std::string varied_text(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i)
    text += std::to_string(i * 2654435761U) + ' ';
  return text.substr(0, size);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("content decoder: gives back what was encoded, in whatever pieces it comes") {
    for (const Encoding& encoding : encodings()) {
      for (const std::size_t size : {0U, 1U, 2U, 100U, 16U * 1024U, 200'000U}) {
        const std::string text = varied_text(size);
        const std::string encoded = encoding.encode(text);
        for (const std::size_t step : {std::size_t{1}, std::size_t{7}, encoded.size()}) {
          INFO(encoding.name, " of ", size, " bytes in steps of ", step);
          CHECK(decoded(encoding.coding, encoded, step) == text);
        }
      }
    }
  }

  TEST_CASE("content decoder: what ends early or was changed is corrupt") {
    for (const Encoding& encoding : encodings()) {
      INFO(encoding.name);
      const std::string encoded = encoding.encode(varied_text(1000));
      CHECK(decoded(encoding.coding, encoded.substr(0, encoded.size() / 2), 100) == "corrupt");
      CHECK(decoded(encoding.coding, encoded.substr(0, 1), 100) == "corrupt");
      CHECK(decoded(encoding.coding, encoded + "x", 100) == "corrupt");
      CHECK(decoded(encoding.coding, "<html>no such thing</html>", 100) == "corrupt");
    }
    std::string changed = gzipped(varied_text(1000));
    changed[changed.size() - 6] = static_cast<char>(~changed[changed.size() - 6]);  // of the checksum
    CHECK(decoded(ContentCoding::Gzip, changed, 100) == "corrupt");
  }

  TEST_CASE("content decoder: no bytes at all are an empty body") {
    for (const Encoding& encoding : encodings())
      CHECK(decoded(encoding.coding, "", 1) == "");
  }

  TEST_CASE("content decoder: gzip may have several members") {
    CHECK(decoded(ContentCoding::Gzip, gzipped("one ") + gzipped("") + gzipped("two"), 3) == "one two");
  }

  TEST_CASE("content decoder: as many bytes as the limit come out, one more is too large") {
    for (const Encoding& encoding : encodings()) {
      const std::string encoded = encoding.encode(varied_text(5000));
      CHECK(decoded(encoding.coding, encoded, 100, {.max_bytes = 5000}).size() == 5000);
      CHECK(decoded(encoding.coding, encoded, 100, {.max_bytes = 4999}) == "too large");
    }
  }

  TEST_CASE("content decoder: a few bytes don't become a thousand times as many") {
    for (const Encoding& encoding : encodings()) {
      INFO(encoding.name);
      const std::string fits(DecoderLimits::free_bytes, 'x');
      const std::string bomb(8 * DecoderLimits::free_bytes, 'x');
      CHECK(decoded(encoding.coding, encoding.encode(fits), 100, {.max_ratio = 100}) == fits);
      CHECK(decoded(encoding.coding, encoding.encode(bomb), 100, {.max_ratio = 100}) == "ratio too high");
      CHECK(decoded(encoding.coding, encoding.encode(bomb), 100).size() == bomb.size());
    }
  }

  TEST_CASE("content decoder: of a bomb little more than what is allowed comes out before it is noticed") {
    const std::string bomb = gzipped(std::string(64 * DecoderLimits::free_bytes, 'x'));
    ContentDecoder decoder(ContentCoding::Gzip, {.max_ratio = 1});
    std::string out;
    CHECK(decoder.decode(bomb, out) == DecodeError::RatioTooHigh);
    CHECK(out.size() <= DecoderLimits::free_bytes);
  }

  TEST_CASE("content decoder: the names of codings, one at a time") {
    CHECK(parse_content_coding("gzip") == ContentCoding::Gzip);
    CHECK(parse_content_coding("X-GZIP") == ContentCoding::Gzip);
    CHECK(parse_content_coding("Deflate") == ContentCoding::Deflate);
    CHECK(parse_content_coding("br") == ContentCoding::Brotli);
    for (const char* other : {"", "identity", "zstd", "gzip, br", "gzip "})
      CHECK_FALSE(parse_content_coding(other));
  }
}
