// SPDX-License-Identifier: BSL-1.0
#include "crypto/aes_gcm.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::detail::AesGcm;

TEST_SUITE("crypto") {
  TEST_CASE("AES-GCM: what is sealed is opened with the same secret, purpose and context") {
    const AesGcm key("secret", "cookies");
    for (const std::string text : {"", "x", "a text of some length, longer than a block of sixteen bytes"}) {
      CHECK(AesGcm("secret", "cookies").open(key.seal(text, "name"), "name") == text);
    }
  }

  TEST_CASE("AES-GCM: another secret, purpose or context opens nothing") {
    const std::string sealed = AesGcm("secret", "cookies").seal("text", "name");
    CHECK_FALSE(AesGcm("Secret", "cookies").open(sealed, "name"));
    CHECK_FALSE(AesGcm("secret", "tokens").open(sealed, "name"));
    CHECK_FALSE(AesGcm("secret", "cookies").open(sealed, "names"));
  }

  TEST_CASE("AES-GCM: a byte that is changed, added or taken away anywhere is noticed") {
    const AesGcm key("secret", "cookies");
    const std::string sealed = key.seal("text", "");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      CHECK_FALSE(key.open(changed, ""));
      CHECK_FALSE(key.open(sealed.substr(0, i), ""));
    }
    CHECK_FALSE(key.open(sealed + "x", ""));
  }

  TEST_CASE("AES-GCM: the same text is sealed differently each time, and can't be read") {
    const AesGcm key("secret", "cookies");
    CHECK(key.seal("text", "") != key.seal("text", ""));
    CHECK(key.seal("a text to be found", "").find("text") == std::string::npos);
  }
}
