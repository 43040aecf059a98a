// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/method_set.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using coroute::Method;
using coroute::MethodSet;

TEST_SUITE("routing") {
  TEST_CASE("method set: it contains what was added, and HEAD with GET") {
    const MethodSet set{Method::Get, Method::Post};
    CHECK(set.contains(Method::Get));
    CHECK(set.contains(Method::Post));
    CHECK(set.contains(Method::Head));
    CHECK(set.implies_head());
    CHECK_FALSE(set.contains(Method::Put));
    CHECK_FALSE(set.contains(Method::Other, "PROPFIND"));
    CHECK_FALSE(MethodSet{Method::Post}.contains(Method::Head));
    CHECK_FALSE(MethodSet{Method::Post}.implies_head());
    CHECK_FALSE(MethodSet{Method::Head}.contains(Method::Get));
    CHECK_FALSE(MethodSet{Method::Get, Method::Head}.implies_head());
  }

  TEST_CASE("method set: a method can be added by name") {
    MethodSet set{Method::Put};
    set.add("PROPFIND").add("GET").add("PROPFIND");
    CHECK(set.contains(Method::Other, "PROPFIND"));
    CHECK(set.contains("PROPFIND"));
    CHECK(set.contains(Method::Get));
    CHECK_FALSE(set.contains(Method::Other, "propfind"));
    CHECK_FALSE(set.contains(Method::Other, "MKCOL"));
    CHECK(set.declared_names() == std::vector<std::string>{"GET", "PROPFIND", "PUT"});
  }

  TEST_CASE("method set: what is no method is refused") {
    MethodSet set{Method::Get};
    CHECK_THROWS_AS(set.add(Method::Other), std::invalid_argument);
    for (const char* name : {"", "GET POST", "A\r\nB", "A,B", "A\tB", "\xC3\xA9"}) {
      CHECK_THROWS_AS(set.add(name), std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS(set.add("A\r\nB"), "'A\\x0D\\x0AB' is not a request method", std::invalid_argument);
    CHECK(set.declared_names() == std::vector<std::string>{"GET"});
  }

  TEST_CASE("method set: any accepts known and unknown methods") {
    const MethodSet any = MethodSet::any();
    CHECK(any.accepts_any());
    CHECK(any.contains(Method::Delete));
    CHECK(any.contains(Method::Connect));
    CHECK(any.contains(Method::Other, "WHATEVER"));
    CHECK_FALSE(any.implies_head());
    CHECK(any.declared_names().empty());
    CHECK_FALSE(any.empty());
    CHECK_FALSE(MethodSet{Method::Get}.accepts_any());
    CHECK(MethodSet{}.empty());
    CHECK_FALSE(MethodSet{}.add("MKCOL").empty());
  }

  TEST_CASE("method set: the Allow value is sorted and complete") {
    CHECK(MethodSet{Method::Post, Method::Get}.allow() == "GET, HEAD, POST");
    CHECK(MethodSet{Method::Delete}.allow() == "DELETE");
    CHECK(MethodSet{Method::Options, Method::Head}.allow() == "HEAD, OPTIONS");
    CHECK(MethodSet{Method::Put}.add("MKCOL").allow() == "MKCOL, PUT");
    CHECK(MethodSet{}.allow().empty());
    CHECK(MethodSet::any().allow() == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE");
  }

  TEST_CASE("method set: sets add up") {
    MethodSet sum{Method::Post};
    sum.add(MethodSet{Method::Get}).add(MethodSet{Method::Put}.add("LOCK"));
    CHECK(sum.allow() == "GET, HEAD, LOCK, POST, PUT");
    CHECK(MethodSet{Method::Connect}.add(MethodSet::any()).allow() ==
          "CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE");
  }
}
