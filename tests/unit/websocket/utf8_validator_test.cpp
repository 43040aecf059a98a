// SPDX-License-Identifier: BSL-1.0
#include "websocket/utf8_validator.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "http/utf8.hpp"

using coroute::detail::match_utf8;
using coroute::detail::Utf8Validator;

namespace {

/// How many bytes pass before the first that is refused; npos: all do.
std::size_t refused_at(std::string_view text) {
  Utf8Validator validator;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!validator.feed(text.substr(i, 1))) return i;
  }
  return std::string::npos;
}

bool is_valid(std::string_view text, std::size_t piece = std::string::npos) {
  Utf8Validator validator;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size())) {
    if (!validator.feed(text.substr(at, piece))) return false;
  }
  return validator.is_complete();
}

/// By the decoder that texts for people are made with.
bool is_valid_by_other_means(std::string_view text) {
  while (!text.empty()) {
    const auto match = match_utf8(text);
    if (!match.valid) return false;
    text.remove_prefix(match.bytes);
  }
  return true;
}

}  // namespace

TEST_SUITE_BEGIN("websocket");

TEST_CASE("utf8_validator: a wrong byte is refused when it comes, not later") {
  CHECK(refused_at("abc\xFF") == 3);
  CHECK(refused_at("\xC0\xAF") == 0);
  CHECK(refused_at("\xE0\x9F\xBF") == 1);
  CHECK(refused_at("\xED\xA0\x80") == 1);
  CHECK(refused_at("\xF0\x8F\xBF\xBF") == 1);
  CHECK(refused_at("\xF4\x90\x80\x80") == 1);
  CHECK(refused_at("\xF5\x80\x80\x80") == 0);
  CHECK(refused_at("\xE2\x82"
                   "a") == 2);
  CHECK(refused_at("\x80") == 0);
  CHECK(refused_at("κόσμε\xF4\x8F\xBF\xBF") == std::string::npos);
}

TEST_CASE("utf8_validator: a character that has begun is not complete") {
  Utf8Validator validator;
  CHECK(validator.is_complete());
  CHECK(validator.feed("a\xE2\x82"));
  CHECK_FALSE(validator.is_complete());
  CHECK(validator.feed("\xAC"));
  CHECK(validator.is_complete());
  CHECK(validator.feed("\xF0\x9F"));
  validator.reset();
  CHECK(validator.is_complete());
  CHECK(validator.feed("b"));
}

TEST_CASE("utf8_validator: characters of every length are taken wherever a long text is cut") {
  for (const std::string_view character : {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    for (std::size_t before = 28; before < 40; ++before) {
      const std::string text = std::string(before, '.').append(character).append(before % 3, '.');
      CAPTURE(text);
      CHECK(is_valid(text));
      CHECK(is_valid(text, 33));
      CHECK(is_valid(text.substr(0, before + 1)) == (character.size() == 1));
    }
  }
}

TEST_CASE("utf8_validator: agrees with the other decoder about random bytes, cut at random") {
  std::minstd_rand random(7);
  const std::string_view bytes = "aaaa\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xED\xA0\xF4\x8F\xBF\xE0";
  std::size_t valid = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 80, 'x');
    for (std::size_t changes = random() % 4; changes > 0 && !text.empty(); --changes) {
      const std::size_t from = random() % bytes.size();
      text.insert(random() % text.size(), bytes.substr(from, 1 + random() % 4));
    }
    const bool expected = is_valid_by_other_means(text);
    valid += expected ? 1 : 0;
    CAPTURE(text);
    REQUIRE(is_valid(text) == expected);
    REQUIRE(is_valid(text, 1 + random() % 70) == expected);
  }
  CHECK(valid > 1000);
  CHECK(valid < 19'000);
}

TEST_SUITE_END();
