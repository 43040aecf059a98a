// SPDX-License-Identifier: BSL-1.0
#include "middleware/lru_map.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::detail::LruMap;

TEST_SUITE("middleware") {
  TEST_CASE("LRU map: keeps as many as it may, and forgets what was not used for longest") {
    LruMap<int> map(2);
    map.put("a", 1);
    map.put("b", 2);
    CHECK(*map.find("a") == 1);
    map.put("c", 3);
    CHECK(map.size() == 2);
    CHECK(map.find("b") == nullptr);
    CHECK(*map.find("a") == 1);
    CHECK(*map.find("c") == 3);
  }

  TEST_CASE("LRU map: keeps no more weight than it may") {
    LruMap<int> map(10, 100);
    CHECK(map.put("a", 1, 60));
    CHECK(map.put("b", 2, 40));
    CHECK(map.weight() == 100);
    CHECK(map.put("c", 3, 1));
    CHECK(map.find("a") == nullptr);
    CHECK(map.weight() == 41);
    CHECK(map.put("d", 4, 100));
    CHECK(map.size() == 1);
    CHECK_FALSE(map.put("e", 5, 101));
    CHECK(*map.find("d") == 4);
  }

  TEST_CASE("LRU map: a value takes the place of the one before, and its weight") {
    LruMap<std::string> map(2, 100);
    map.put("a", "first", 100);
    map.put("a", "second", 10);
    CHECK(*map.find("a") == "second");
    CHECK(map.weight() == 10);
    CHECK_FALSE(map.put("a", "third", 101));
    CHECK(map.find("a") == nullptr);
  }

  TEST_CASE("LRU map: what is erased is gone") {
    LruMap<int> map(2);
    map.put("a", 1, 5);
    map.erase("a");
    map.erase("b");
    CHECK(map.size() == 0);
    CHECK(map.weight() == 0);
    CHECK(map.find("a") == nullptr);
    CHECK_FALSE(LruMap<int>(0).put("a", 1));
  }
}
