// SPDX-License-Identifier: BSL-1.0
#include "middleware/session_cookie.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace coroute::detail;
using namespace std::chrono_literals;

namespace {

const SessionCookie::Time then{std::chrono::seconds(1700000000)};
constexpr const char* json = R"({"user":"ann"})";

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("session cookie: a signed one holds base64 that Starlette reads") {
    const auto cookie = signed_session_cookie({"secret"});
    const std::string value = cookie->write(json, then);
    CHECK(value.starts_with("eyJ1c2VyIjoiYW5uIn0=."));
    CHECK(cookie->read(value, 1h, then) == json);
    CHECK(cookie->read("eyJ1c2VyIjogImFubiIsICJuIjogMX0=.ZVPxAA.dsi6B82Me0vIabio6x7zT1zuous", 1h, then) ==
          R"({"user": "ann", "n": 1})");
  }

  TEST_CASE("session cookie: an encrypted one can't be read, and is bound to its name") {
    const auto cookie = encrypted_session_cookie({"secret"}, "session");
    const std::string value = cookie->write(json, then);
    CHECK(value.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos);
    CHECK(value != cookie->write(json, then));
    CHECK(cookie->read(value, 1h, then) == json);
    CHECK_FALSE(encrypted_session_cookie({"secret"}, "other")->read(value, 1h, then));
    CHECK_FALSE(encrypted_session_cookie({"other"}, "session")->read(value, 1h, then));
    CHECK_FALSE(signed_session_cookie({"secret"})->read(value, 1h, then));
    CHECK_FALSE(cookie->read(signed_session_cookie({"secret"})->write(json, then), 1h, then));
    CHECK_FALSE(cookie->read("", 1h, then));
  }

  TEST_CASE("session cookie: either kind is good until max_age, and not before it was made") {
    for (const auto& cookie :
         {std::shared_ptr(signed_session_cookie({"s"})), std::shared_ptr(encrypted_session_cookie({"s"}, "session"))}) {
      const std::string value = cookie->write(json, then);
      CHECK(cookie->read(value, 60s, then + 60s) == json);
      CHECK_FALSE(cookie->read(value, 60s, then + 61s));
      CHECK_FALSE(cookie->read(value, 60s, then - 1s));
      CHECK(cookie->read(value, std::nullopt, then + 1000000h) == json);
    }
  }

  TEST_CASE("session cookie: an old secret goes on reading") {
    const std::string old = encrypted_session_cookie({"old"}, "session")->write(json, then);
    CHECK(encrypted_session_cookie({"new", "old"}, "session")->read(old, 1h, then) == json);
    CHECK_THROWS_AS(encrypted_session_cookie({}, "session"), std::invalid_argument);
    CHECK_THROWS_AS(signed_session_cookie({"a", ""}), std::invalid_argument);
  }
}
