// SPDX-License-Identifier: BSL-1.0
#include "crypto/argon2.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using coroute::detail::argon2id;

namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

}  // namespace

TEST_SUITE("crypto") {
  TEST_CASE("argon2id: makes the hashes of the reference implementation's own tests") {
    CHECK(hex(argon2id("password", "somesalt", {256, 2, 1}, 32)) ==
          "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
    CHECK(hex(argon2id("password", "somesalt", {256, 2, 2}, 32)) ==
          "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037");
    CHECK(hex(argon2id("differentpassword", "somesalt", {65536, 2, 1}, 32)) ==
          "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde");
  }

  TEST_CASE("argon2id: refuses what RFC 9106 doesn't allow") {
    CHECK_THROWS_AS(argon2id("p", "short", {256, 2, 1}, 32), std::invalid_argument);
    CHECK_THROWS_AS(argon2id("p", "somesalt", {7, 2, 1}, 32), std::invalid_argument);
    CHECK_THROWS_AS(argon2id("p", "somesalt", {256, 0, 1}, 32), std::invalid_argument);
    CHECK_THROWS_AS(argon2id("p", "somesalt", {256, 2, 1}, 3), std::invalid_argument);
  }
}
