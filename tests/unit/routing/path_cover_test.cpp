// SPDX-License-Identifier: BSL-1.0
#include "routing/path_cover.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::PathPattern;

namespace {

bool covers(std::string earlier, std::string later) {
  return coroute::detail::covers(PathPattern::parse(std::move(earlier)), PathPattern::parse(std::move(later)));
}

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("path cover: the same shape covers itself") {
    CHECK(covers("/a", "/a"));
    CHECK(covers("/a/{x}", "/a/{y}"));
    CHECK(covers("/{x}-{y:int}", "/{a}-{b:int}"));
    CHECK(covers("/a/{x:path}/b", "/a/{y:path}/b"));
  }

  TEST_CASE("path cover: a placeholder covers the literals that fit it") {
    CHECK(covers("/users/{uid}", "/users/me"));
    CHECK(covers("/v{n:int}", "/v2"));
    CHECK(covers("/{a}-{b}", "/x-y"));
    CHECK_FALSE(covers("/users/{uid:int}", "/users/me"));
    CHECK_FALSE(covers("/users/me", "/users/{uid}"));
    CHECK_FALSE(covers("/users/{uid}", "/users/"));
    CHECK_FALSE(covers("/users/{uid}", "/users"));
    CHECK_FALSE(covers("/users/{uid}", "/users/me/x"));
  }

  TEST_CASE("path cover: a wide placeholder covers a narrow one") {
    CHECK(covers("/{x}", "/{x:int}"));
    CHECK(covers("/{x}", "/{x:uuid}"));
    CHECK(covers("/{x}", "/a{x}-{y}"));
    CHECK(covers("/{x:float}", "/{x:int}"));
    CHECK_FALSE(covers("/{x:int}", "/{x:float}"));
    CHECK_FALSE(covers("/{x:int}", "/{x}"));
    CHECK_FALSE(covers("/{x:float}", "/a{x:int}"));
    CHECK_FALSE(covers("/{x}", "/{x:path}"));
  }

  TEST_CASE("path cover: a path placeholder covers everything below it") {
    CHECK(covers("/{p:path}", "/"));
    CHECK(covers("/{p:path}", "/a/{b}/c"));
    CHECK(covers("/{p:path}", "/x{q:path}y"));
    CHECK(covers("/files/{p:path}", "/files/"));
    CHECK(covers("/files/{p:path}", "/files/{a}"));
    CHECK_FALSE(covers("/files/{p:path}", "/files"));
    CHECK_FALSE(covers("/files/{p:path}", "/{x}/a"));
    CHECK_FALSE(covers("/files/{p:path}/info", "/files/a/b"));
    CHECK_FALSE(covers("/files/x{p:path}", "/files/y"));
  }
}
