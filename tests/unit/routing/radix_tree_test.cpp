// SPDX-License-Identifier: BSL-1.0
#include "routing/radix_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "routing/path_text.hpp"

using coroute::PathParams;
using coroute::PathPattern;
using coroute::detail::LiteralChildren;
using coroute::detail::PathText;
using coroute::detail::RadixTree;

namespace {

struct Routes {
  explicit Routes(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      patterns.push_back(PathPattern::parse(text));
      tree.insert(patterns.back(), patterns.size() - 1);
    }
  }

  /// The first route for a raw path, by the tree.
  template <class Accept>
  std::optional<std::size_t> first(std::string_view path, Accept accept) const {
    PathParams values;
    PathText text;
    if (!text.assign(path, values)) return std::nullopt;
    return tree.find_first(text.text(), accept).route;
  }
  std::optional<std::size_t> first(std::string_view path) const {
    return first(path, [](std::size_t) { return true; });
  }

  std::vector<std::size_t> all(std::string_view path) const {
    PathParams values;
    PathText text;
    std::vector<std::size_t> found;
    if (text.assign(path, values)) tree.for_each(text.text(), [&](std::size_t route) { found.push_back(route); });
    std::ranges::sort(found);
    return found;
  }

  /// All routes, by trying one pattern after the other.
  std::vector<std::size_t> all_in_order(std::string_view path) const {
    std::vector<std::size_t> found;
    PathParams values;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (patterns[i].match(path, values)) found.push_back(i);
    }
    return found;
  }

  std::vector<PathPattern> patterns;
  RadixTree tree;
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_{seed} {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::vector<std::string> routes() {
    std::vector<std::string> texts(1 + below(20));
    for (std::string& text : texts)
      text = joined(pattern_segments, 4);
    return texts;
  }

  std::string path() { return joined(path_segments, 5); }

 private:
  static constexpr std::string_view pattern_segments[] = {
      "a",         "a",    "b",    "ab",      "1",        "",         "c d",      "{#}",       "{#}",      "{#:int}",
      "{#:float}", "a{#}", "{#}b", "{#}.{#}", "v{#:int}", "{#:path}", "{#:path}", "x{#:path}", "{#:path}b"};
  static constexpr std::string_view path_segments[] = {"a",   "a",   "b",   "ab",  "1",     "",    "c%20d",
                                                       "%61", "v1",  "1.5", "a.b", "a%2Fb", "%2F", "x",
                                                       "xb",  "%31", "aab", "11",  "c",     "v%31"};

  template <std::size_t Size>
  std::string joined(const std::string_view (&segments)[Size], std::size_t most) {
    std::string text;
    std::size_t parameters = 0;
    const std::size_t count = 1 + below(most);
    for (std::size_t i = 0; i < count; ++i) {
      text += '/';
      for (const char c : segments[below(Size)]) {
        text += c == '#' ? "p" + std::to_string(parameters++) : std::string{c};
      }
    }
    return text;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("radix tree: the first declared match wins, whatever it is made of") {
    CHECK(Routes{{"/users/{uid}", "/users/me"}}.first("/users/me") == 0);
    CHECK(Routes{{"/users/me", "/users/{uid}"}}.first("/users/me") == 0);
    CHECK(Routes{{"/users/me", "/users/{uid}"}}.first("/users/you") == 1);
    CHECK(Routes{{"/{p:path}", "/users/me"}}.first("/users/me") == 0);
    CHECK(Routes{{"/users/me", "/{p:path}"}}.first("/users/me") == 0);
    CHECK(Routes{{"/{a}/x", "/{b}/{c}", "/1/x"}}.first("/1/x") == 0);
    CHECK(Routes{{"/{a:int}/y", "/{a}/{c}", "/1/x"}}.first("/1/x") == 1);
    CHECK(Routes{{"/a/{x}/c", "/{y}/b/{z}", "/a/b/c"}}.first("/a/b/c") == 0);
  }

  TEST_CASE("radix tree: a branch that fails below leads to the next one") {
    const Routes routes{{"/a/b/c", "/{x}/b/d", "/{p:path}/e", "/a/{y}/e"}};
    CHECK(routes.first("/a/b/c") == 0);
    CHECK(routes.first("/a/b/d") == 1);
    CHECK(routes.first("/a/b/e") == 2);
    CHECK(routes.first("/a/b/f") == std::nullopt);
    CHECK(routes.all("/a/b/e") == std::vector<std::size_t>{2, 3});
  }

  TEST_CASE("radix tree: a route that is not accepted makes way for a later one") {
    const Routes routes{{"/a", "/{x}", "/{p:path}", "/a"}};
    const auto from = [&](std::size_t least) {
      return routes.first("/a", [least](std::size_t route) { return route >= least; });
    };
    CHECK(from(0) == 0);
    CHECK(from(1) == 1);
    CHECK(from(2) == 2);
    CHECK(from(3) == 3);
    CHECK(from(4) == std::nullopt);
    const auto refused = routes.tree.find_first("/a", [](std::size_t) { return false; });
    CHECK(refused.path_matched);
    CHECK_FALSE(routes.tree.find_first("/a", [](std::size_t) { return true; }).route == 3);
  }

  TEST_CASE("radix tree: an unknown path is told apart from a refused one") {
    const Routes routes{{"/a/b"}};
    for (const std::string_view path : {"/", "/a", "/a/", "/a/b/", "/a/b/c", "/A/b", "//a/b", "", "a/b"}) {
      CAPTURE(path);
      CHECK_FALSE(routes.tree.find_first(path, [](std::size_t) { return true; }).path_matched);
    }
    CHECK_FALSE(Routes{{}}.first("/"));
  }

  TEST_CASE("radix tree: slashes at the end and in a row make segments") {
    const Routes routes{{"/", "/a", "/a/", "/a//b", "/{p:path}"}};
    CHECK(routes.first("/") == 0);
    CHECK(routes.first("/a") == 1);
    CHECK(routes.first("/a/") == 2);
    CHECK(routes.first("/a//b") == 3);
    CHECK(routes.first("/a/b") == 4);
    CHECK(routes.first("//") == 4);
  }

  TEST_CASE("radix tree: literals are compared decoded, and an encoded slash separates nothing") {
    const Routes routes{{"/caf\xC3\xA9", "/a b", "/a/b", "/{x}"}};
    CHECK(routes.first("/caf%C3%A9") == 0);
    CHECK(routes.first("/a%20b") == 1);
    CHECK(routes.first("/a/b") == 2);
    CHECK(routes.first("/a%2Fb") == 3);
    CHECK(routes.first("/a%2") == std::nullopt);
  }

  TEST_CASE("radix tree: a literal child is found among many") {
    LiteralChildren children;
    CHECK(children.find("a") == LiteralChildren::none);
    for (std::uint32_t i = 0; i < 1000; ++i)
      children.insert("s" + std::to_string(i), i);
    children.insert("", 1000);
    for (std::uint32_t i = 0; i < 1000; ++i)
      REQUIRE(children.find("s" + std::to_string(i)) == i);
    CHECK(children.find("") == 1000);
    CHECK(children.find("s") == LiteralChildren::none);
    CHECK(children.find("s1000") == LiteralChildren::none);
  }

  TEST_CASE("radix tree: random routes and paths agree with trying every pattern in order") {
    Generator generate{1979};
    std::size_t matches = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto texts = generate.routes();
      const Routes routes{texts};
      CAPTURE(texts);
      for (int j = 0; j < 12; ++j) {
        const std::string path = generate.path();
        CAPTURE(path);
        const auto expected = routes.all_in_order(path);
        REQUIRE(routes.all(path) == expected);
        REQUIRE(routes.first(path) == (expected.empty() ? std::nullopt : std::optional{expected.front()}));
        matches += expected.size();

        const std::size_t parity = generate.below(2);
        const auto accept = [parity](std::size_t route) { return route % 2 == parity; };
        const auto accepted = std::ranges::find_if(expected, accept);
        REQUIRE(routes.first(path, accept) == (accepted == expected.end() ? std::nullopt : std::optional{*accepted}));
      }
    }
    CHECK(matches > 5000);
  }

  TEST_CASE("radix tree: an adversarial path among nested placeholders is answered quickly") {
    std::vector<std::string> texts;
    std::string text;
    for (int i = 0; i < 30; ++i) {
      text += "/{a" + std::to_string(i) + "}/{b" + std::to_string(i) + ":path}";
      texts.push_back(text + "/end");
    }
    const Routes nested{texts};
    std::string path;
    for (int i = 0; i < 400; ++i)
      path += "/x";

    // Every level offers a literal and two placeholders, and nothing matches in the end: 2^k ways, if they were tried.
    std::vector<std::string> branching;
    for (unsigned bits = 0; bits < 256; ++bits) {
      std::string& route = branching.emplace_back();
      for (unsigned level = 0; level < 8; ++level) {
        route += (bits >> level & 1U) != 0 ? "/x" : "/{p" + std::to_string(level) + "}";
      }
      route += "/end";
    }
    const Routes ways{branching};

    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(nested.first(path));
    CHECK(nested.first(path + "/end") == 0);
    for (int i = 0; i < 100; ++i)
      REQUIRE_FALSE(ways.first("/x/x/x/x/x/x/x/x/no"));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
  }

  TEST_CASE("radix tree: a path deeper than every route costs no depth") {
    const Routes routes{{"/{a}/{b}", "/x/{p:path}"}};
    const std::string slashes(1000000, '/');
    CHECK(routes.first("/x/" + slashes) == 1);
    CHECK_FALSE(routes.first("/y/" + slashes));
  }
}
