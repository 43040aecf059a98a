// SPDX-License-Identifier: BSL-1.0
#include "middleware/content_encoder.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "support/unpacked.hpp"

using namespace coroute::detail;
using coroute::testing::unpacked;

namespace {

struct Level {
  std::string coding;
  int level;
};

std::vector<Level> levels() {
  std::vector<Level> all;
  for (int level = 0; level <= 9; ++level)
    all.push_back({"gzip", level});
  for (const int level : {0, 1, 4, 11})
    all.push_back({"br", level});
  for (const int level : {1, 3, 10, 19})
    all.push_back({"zstd", level});
  return all;
}

std::string noise(std::size_t size) {
  std::string text;
  for (unsigned random = 1; text.size() < size; random = random * 1664525 + 1013904223)
    text += static_cast<char>(random >> 24U);
  return text;
}

std::string packed(const Level& level, const std::string& text, std::optional<std::size_t> size) {
  std::string out;
  content_encoder(level.coding, level.level, size)->finish(text, out);
  return out;
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("content encoder: what is packed can be unpacked, at every level") {
    for (const Level& level : levels()) {
      CAPTURE(level.coding);
      CAPTURE(level.level);
      for (const std::string& text : {std::string(), std::string("x"), std::string(50000, 'x'), noise(100000)}) {
        CHECK(unpacked(level.coding, packed(level, text, text.size())) == text);
        CHECK(unpacked(level.coding, packed(level, text, std::nullopt)) == text);
      }
      if (level.coding != "gzip" || level.level > 0) CHECK(packed(level, std::string(5000, 'x'), 5000).size() < 100);
    }
  }

  TEST_CASE("content encoder: after each flush the reader has all that was written") {
    for (const Level& level : levels()) {
      CAPTURE(level.coding);
      CAPTURE(level.level);
      const auto encoder = content_encoder(level.coding, level.level, std::nullopt);
      std::string out;
      std::string all;
      for (const std::string& piece : {std::string("first"), std::string(), noise(40000), std::string(40000, 'y')}) {
        encoder->flush(piece, out);
        all += piece;
        CHECK(unpacked(level.coding, out, false) == all);
      }
      encoder->finish("last", out);
      CHECK(unpacked(level.coding, out) == all + "last");
    }
  }

  TEST_CASE("content encoder: has three codings, with their levels") {
    for (const int level : {0, 9})
      CHECK(has_content_encoder("gzip", level));
    for (const int level : {0, 11})
      CHECK(has_content_encoder("br", level));
    for (const int level : {1, 19})
      CHECK(has_content_encoder("zstd", level));
    CHECK_FALSE(has_content_encoder("gzip", -1));
    CHECK_FALSE(has_content_encoder("gzip", 10));
    CHECK_FALSE(has_content_encoder("br", -1));
    CHECK_FALSE(has_content_encoder("br", 12));
    CHECK_FALSE(has_content_encoder("zstd", 0));
    CHECK_FALSE(has_content_encoder("zstd", 20));
    CHECK_FALSE(has_content_encoder("deflate", 1));
  }
}
