// SPDX-License-Identifier: BSL-1.0
#include "tls/ticket_keys.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace coroute;
using detail::TicketKeys;
using namespace std::chrono_literals;

namespace {

const TicketKeys::Time start{};

}  // namespace

TEST_SUITE("tls") {
  TEST_CASE("ticket keys: a key encrypts for its lifetime") {
    TicketKeys keys(10s, start);
    const auto first = keys.current(start).name;
    CHECK(keys.current(start + 9s).name == first);
    CHECK(keys.current(start + 10s).name != first);
  }

  TEST_CASE("ticket keys: a key that no longer encrypts still decrypts, for as long again") {
    TicketKeys keys(10s, start);
    const TicketKeys::Key first = keys.current(start);
    const auto before = keys.find(first.name, start + 9s);
    REQUIRE(before);
    CHECK(before->is_current);
    const auto after = keys.find(first.name, start + 19s);
    REQUIRE(after);
    CHECK_FALSE(after->is_current);
    CHECK(after->key.encryption == first.encryption);
    CHECK(after->key.authentication == first.authentication);
    CHECK_FALSE(keys.find(first.name, start + 20s));
  }

  TEST_CASE("ticket keys: one that was made late decrypts no longer than it may") {
    TicketKeys keys(10s, start);
    const auto first = keys.current(start).name;
    CHECK(keys.find(first, start + 15s));
    CHECK_FALSE(keys.find(first, start + 20s));
  }

  TEST_CASE("ticket keys: after a long pause nothing old is left") {
    TicketKeys keys(10s, start);
    const auto first = keys.current(start).name;
    CHECK_FALSE(keys.find(first, start + 25s));
    const auto second = keys.current(start + 25s).name;
    CHECK(second != first);
    CHECK(keys.current(start + 34s).name == second);
  }

  TEST_CASE("ticket keys: a name that was never given out is unknown") {
    TicketKeys keys(10s, start);
    CHECK_FALSE(keys.find(TicketKeys::Name{}, start));
  }
}
