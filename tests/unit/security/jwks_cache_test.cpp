// SPDX-License-Identifier: BSL-1.0
#include "security/jwks_cache.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace coroute;
using namespace std::chrono_literals;
using coroute::detail::JwksCache;
using Need = coroute::detail::JwksCache::Need;

namespace {

JwksClientOptions options() {
  JwksClientOptions made;
  made.lifespan = 300s;
  made.cooldown = 30s;
  made.max_stale = 1000s;
  return made;
}
std::shared_ptr<const JwkSet> set_of(const char* kid) {
  return std::make_shared<const JwkSet>(JwkSet{Jwk::from_secret(std::string(32, 'x'), kid)});
}
std::exception_ptr failure() {
  return std::make_exception_ptr(std::runtime_error("down"));
}
constexpr Clock::time_point start{1h};

}  // namespace

TEST_SUITE("security") {
  TEST_CASE("jwks cache: without a set somebody has to ask") {
    CHECK(JwksCache(options()).look("a", start).need == Need::MustFetch);
    CHECK(JwksCache(options()).look("", Clock::time_point()).need == Need::MustFetch);
  }

  TEST_CASE("jwks cache: a set lasts for its lifespan, and may then be renewed") {
    JwksCache cache(options());
    cache.succeeded(set_of("a"), start);
    CHECK(cache.look("a", start + 299s).need == Need::Nothing);
    CHECK(cache.look("", start + 299s).need == Need::Nothing);
    CHECK(cache.look("a", start + 300s).need == Need::MayFetch);
    CHECK(cache.look("a", start + 300s).set);
  }

  TEST_CASE("jwks cache: an unknown kid is worth a question once per cooldown") {
    JwksCache cache(options());
    cache.succeeded(set_of("a"), start);
    CHECK(cache.look("b", start).need == Need::Nothing);
    CHECK(cache.look("b", start + 29s).need == Need::Nothing);
    CHECK(cache.look("b", start + 30s).need == Need::MustFetch);
    cache.succeeded(set_of("b"), start + 30s);
    CHECK(cache.look("b", start + 31s).need == Need::Nothing);
    CHECK(cache.look("b", start + 31s).set->find("b"));
  }

  TEST_CASE("jwks cache: a set that is good for less than the cooldown is asked for again") {
    JwksClientOptions brief = options();
    brief.lifespan = 10s;
    brief.max_stale = 0s;
    JwksCache cache(brief);
    cache.succeeded(set_of("a"), start);
    CHECK(cache.look("a", start + 9s).need == Need::Nothing);
    CHECK(cache.look("a", start + 10s).need == Need::MustFetch);
    CHECK_FALSE(cache.look("a", start + 10s).set);
    cache.failed(failure(), start + 10s);
    CHECK(cache.look("a", start + 39s).need == Need::Nothing);
    CHECK(cache.look("a", start + 39s).error);
    CHECK(cache.look("a", start + 40s).need == Need::MustFetch);
  }

  TEST_CASE("jwks cache: a key without a kid may be any") {
    JwksCache cache(options());
    cache.succeeded(set_of(""), start);
    CHECK(cache.look("b", start + 30s).need == Need::Nothing);
  }

  TEST_CASE("jwks cache: a set stays in use while asking fails, until it is too old") {
    JwksCache cache(options());
    cache.succeeded(set_of("a"), start);
    cache.failed(failure(), start + 300s);
    CHECK(cache.look("a", start + 301s).need == Need::Nothing);
    CHECK(cache.look("a", start + 301s).set);
    CHECK(cache.look("a", start + 330s).need == Need::MayFetch);
    cache.failed(failure(), start + 1290s);
    CHECK(cache.look("a", start + 1299s).set);
    CHECK_FALSE(cache.look("a", start + 1300s).set);
    CHECK(cache.look("a", start + 1300s).need == Need::Nothing);
    CHECK_THROWS_WITH(std::rethrow_exception(cache.look("a", start + 1300s).error), "down");
    CHECK(cache.look("a", start + 1320s).need == Need::MustFetch);
  }

  TEST_CASE("jwks cache: what failed is not asked again within the cooldown") {
    JwksCache cache(options());
    cache.failed(failure(), start);
    CHECK(cache.look("a", start + 29s).need == Need::Nothing);
    CHECK(cache.look("a", start + 29s).error);
    CHECK(cache.look("a", start + 30s).need == Need::MustFetch);
  }
}
