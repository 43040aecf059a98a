// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/path_pattern.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <random>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using coroute::Convertor;
using coroute::PathParams;
using coroute::PathPattern;

namespace {

using Values = std::vector<std::string>;

/// The values in order, or nothing if the path does not match.
std::optional<Values> match(const PathPattern& pattern, std::string_view path) {
  PathParams params;
  if (!pattern.match(path, params)) {
    CHECK(params.empty());
    return std::nullopt;
  }
  Values values;
  for (const auto& param : params)
    values.emplace_back(param.value);
  return values;
}

std::optional<Values> match(std::string_view pattern, std::string_view path) {
  return match(PathPattern::parse(std::string{pattern}), path);
}

std::string refusal(const std::string& text) {
  try {
    (void)PathPattern::parse(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

constexpr std::string_view uuid = "0123abcd-89AB-cdef-0123-456789abcDEF";

/// Builds patterns, and paths that have a fair chance to match them, from few characters.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_{seed} {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  template <class T, std::size_t Size>
  const T& pick(const T (&choices)[Size]) {
    return choices[below(Size)];
  }

  std::string pattern() {
    std::string text = "/";
    const std::size_t pieces = below(6);
    for (std::size_t i = 0; i < pieces; ++i) {
      if (below(2) == 0) {
        text += pick(literals);
      } else {
        text += "{p" + std::to_string(i) + pick(convertors) + "}";
      }
    }
    return text;
  }

  std::string path_for(const PathPattern& pattern) {
    std::string path;
    coroute::detail::PathScanner scanner{pattern.text()};
    for (coroute::detail::PathToken token; scanner.next(token);) {
      path += token.is_parameter ? value(token.convertor) : std::string{token.text};
    }
    if (below(4) == 0) path += pick(literals);
    if (below(4) == 0) path.erase(1 + below(path.size()), 1);
    return path.starts_with('/') ? path : "/" + path;
  }

 private:
  static constexpr const char* literals[] = {"a", "1", "-", ".", "/", "/", "a/", "/1", "1.", "z"};
  static constexpr const char* convertors[] = {"", ":str", ":int", ":float", ":path", ":uuid"};
  static constexpr const char* texts[] = {"a", "1", "aa", "1a", "-", ".", "a-1", "1.1", "z", "11"};
  static constexpr const char* integers[] = {"1", "11", "0", "007"};
  static constexpr const char* floats[] = {"1", "1.1", "11.11", "0.1", "1."};
  static constexpr const char* paths[] = {"", "a", "a/1", "/", "//", "1/1.1", "a/", "z/z"};

  std::string value(Convertor convertor) {
    switch (convertor) {
      case Convertor::Int:
        return pick(integers);
      case Convertor::Float:
        return pick(floats);
      case Convertor::Uuid:
        return std::string{uuid};
      case Convertor::Path:
        return pick(paths);
      default:
        return pick(texts);
    }
  }

  std::mt19937 random_;
};

/// The regular expression that Starlette compiles for the same path.
std::regex regex_for(const PathPattern& pattern) {
  std::string text;
  coroute::detail::PathScanner scanner{pattern.text()};
  for (coroute::detail::PathToken token; scanner.next(token);) {
    if (!token.is_parameter) {
      for (const char c : token.text)
        text += (c == '.' || c == '-') ? std::string{'\\', c} : std::string{c};
    } else if (token.convertor == Convertor::Int) {
      text += "([0-9]+)";
    } else if (token.convertor == Convertor::Float) {
      text += "([0-9]+(?:\\.[0-9]+)?)";
    } else if (token.convertor == Convertor::Uuid) {
      text += "([0-9a-fA-F]{8}\\-[0-9a-fA-F]{4}\\-[0-9a-fA-F]{4}\\-[0-9a-fA-F]{4}\\-[0-9a-fA-F]{12})";
    } else {
      text += token.convertor == Convertor::Path ? "(.*)" : "([^/]+)";
    }
  }
  return std::regex{text};
}

std::optional<Values> regex_match(const std::regex& regex, const std::string& path) {
  std::smatch found;
  if (!std::regex_match(path, found, regex)) return std::nullopt;
  Values values;
  for (std::size_t i = 1; i < found.size(); ++i)
    values.push_back(found[i].str());
  return values;
}

std::string replace_all(std::string text, char from, std::string_view to) {
  std::string result;
  for (const char c : text)
    result += c == from ? std::string{to} : std::string{c};
  return result;
}

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("path pattern: text and parameters can be read back") {
    const auto pattern = PathPattern::parse("/v{version:int}/{name}.json/{rest:path}");
    CHECK(pattern.text() == "/v{version:int}/{name}.json/{rest:path}");
    REQUIRE(pattern.parameters().size() == 3);
    CHECK(pattern.parameters()[0].name == "version");
    CHECK(pattern.parameters()[0].convertor == Convertor::Int);
    CHECK(pattern.parameters()[1].name == "name");
    CHECK(pattern.parameters()[1].convertor == Convertor::Str);
    CHECK(pattern.parameters()[2].name == "rest");
    CHECK(pattern.parameters()[2].convertor == Convertor::Path);
    CHECK(PathPattern::parse("/").parameters().empty());
  }

  TEST_CASE("path pattern: a malformed path is refused in a sentence that names it") {
    CHECK(refusal("items") == "route path 'items' must start with '/'");
    CHECK(refusal("") == "route path '' must start with '/'");
    CHECK(refusal("/a\r\nb") == "route path '/a\\x0D\\x0Ab' holds a control character");
    CHECK(refusal(std::string{"/a\0b", 4}) == "route path '/a\\x00b' holds a control character");
    CHECK(refusal("/{a") == "route path '/{a' has a '{' that is never closed");
    CHECK(refusal("/{a{b}}").ends_with("has a '{' that is never closed"));
    CHECK(refusal("/a}") == "route path '/a}' has a '}' without its '{'");
    CHECK(refusal("/{9}").starts_with("route path '/{9}' has a parameter whose name is not an identifier"));
    CHECK(refusal("/{a:hex}") ==
          "route path '/{a:hex}' has a parameter whose convertor is not one of str, int, float, uuid, path");
    CHECK(refusal("/{a}/{a}") == "route path '/{a}/{a}' uses a parameter name twice");
    CHECK(refusal("/{a}/{b}") == "accepted");
  }

  TEST_CASE("path pattern: a path without placeholders matches itself only") {
    CHECK(match("/", "/"));
    CHECK(match("/items", "/items"));
    CHECK_FALSE(match("/items", "/items/"));
    CHECK_FALSE(match("/items/", "/items"));
    CHECK_FALSE(match("/items", "/Items"));
    CHECK_FALSE(match("/items", "/item"));
    CHECK_FALSE(match("/items", "/itemss"));
    CHECK_FALSE(match("/items", "//items"));
    CHECK_FALSE(match("/items", "/items/1"));
    CHECK_FALSE(match("/items/1", "/items"));
    CHECK(match("/a//b", "/a//b"));
    CHECK_FALSE(match("/a//b", "/a/b"));
    CHECK_FALSE(match("/", "//"));
  }

  TEST_CASE("path pattern: what is not a path matches nothing") {
    for (const std::string_view path : {"", "*", "items", "http://host/items"}) {
      CHECK_FALSE(match("/items", path));
      CHECK_FALSE(match("/{p:path}", path));
    }
  }

  TEST_CASE("path pattern: a str placeholder takes one or more characters of one segment") {
    CHECK(match("/items/{id}", "/items/42") == Values{"42"});
    CHECK(match("/items/{id}", "/items/{id}") == Values{"{id}"});
    CHECK_FALSE(match("/items/{id}", "/items/"));
    CHECK_FALSE(match("/items/{id}", "/items"));
    CHECK_FALSE(match("/items/{id}", "/items/4/2"));
    CHECK_FALSE(match("/items/{id}", "/items/42/"));
    CHECK(match("/{a}/x/{b}", "/1/x/2") == Values{"1", "2"});
    CHECK(match("/{name}.json", "/data.json") == Values{"data"});
    CHECK(match("/{name}.json", "/.json.json") == Values{".json"});
    CHECK_FALSE(match("/{name}.json", "/.json"));
    CHECK(match("/v{version:int}/{name}.json", "/v2/x.json") == Values{"2", "x"});
    CHECK_FALSE(match("/v{version:int}/{name}.json", "/vx/x.json"));
  }

  TEST_CASE("path pattern: an int placeholder takes digits only") {
    CHECK(match("/{n:int}", "/0") == Values{"0"});
    CHECK(match("/{n:int}", "/00012345678901234567890") == Values{"00012345678901234567890"});
    for (const std::string_view path : {"/", "/-1", "/+1", "/1.0", "/1a", "/a", "/ 1", "/%20", "/1/"}) {
      CHECK_FALSE(match("/{n:int}", path));
    }
    CHECK(match("/{n:int}", "/%31%32") == Values{"12"});
  }

  TEST_CASE("path pattern: a float placeholder takes digits with an optional fraction") {
    CHECK(match("/{x:float}", "/1") == Values{"1"});
    CHECK(match("/{x:float}", "/1.5") == Values{"1.5"});
    for (const std::string_view path : {"/", "/.5", "/1.", "/.", "/1.2.3", "/-1.0", "/1e5", "/1,5", "/nan"}) {
      CHECK_FALSE(match("/{x:float}", path));
    }
  }

  TEST_CASE("path pattern: a uuid placeholder takes 8-4-4-4-12 hexadecimal digits") {
    const std::string good = "/" + std::string{uuid};
    CHECK(match("/{id:uuid}", good) == Values{std::string{uuid}});
    CHECK_FALSE(match("/{id:uuid}", good + "0"));
    CHECK_FALSE(match("/{id:uuid}", good.substr(0, good.size() - 1)));
    for (const std::size_t position :
         {std::size_t{1}, std::size_t{9}, std::size_t{14}, std::size_t{19}, std::size_t{24}, std::size_t{36}}) {
      std::string bad = good;
      bad[position] = 'g';
      CHECK_FALSE(match("/{id:uuid}", bad));
    }
    CHECK_FALSE(match("/{id:uuid}", "/0123abcd89ABcdef0123456789abcDEF"));
  }

  TEST_CASE("path pattern: a path placeholder takes slashes and may be empty") {
    CHECK(match("/files/{p:path}", "/files/") == Values{""});
    CHECK(match("/files/{p:path}", "/files/a/b.txt") == Values{"a/b.txt"});
    CHECK(match("/files/{p:path}", "/files//a//") == Values{"/a//"});
    CHECK_FALSE(match("/files/{p:path}", "/files"));
    CHECK(match("/{p:path}", "/") == Values{""});
    CHECK(match("/x{p:path}", "/x") == Values{""});
    CHECK(match("/x{p:path}", "/xy/z") == Values{"y/z"});
    CHECK(match("/{p:path}/info", "/a/b/info") == Values{"a/b"});
    CHECK(match("/{p:path}/info", "//info") == Values{""});
    CHECK_FALSE(match("/{p:path}/info", "/info"));
    CHECK(match("/{p:path}/info", "/info/info") == Values{"info"});
    CHECK(match("/{a:path}/{b}", "/1/2/3") == Values{"1/2", "3"});
    CHECK_FALSE(match("/{a:path}/{b}", "/1/2/"));
    CHECK(match("/{a}/{b:path}", "/1/2/3") == Values{"1", "2/3"});
    CHECK(match("/{p:path}", "/a%0Ab") == Values{"a\nb"});
  }

  TEST_CASE("path pattern: earlier placeholders take as much as they can") {
    CHECK(match("/{a}-{b}", "/x-y-z") == Values{"x-y", "z"});
    CHECK(match("/{a}{b}", "/xyz") == Values{"xy", "z"});
    CHECK_FALSE(match("/{a}{b}", "/x"));
    CHECK(match("/{a:int}{b}", "/123") == Values{"12", "3"});
    CHECK(match("/{a:float}{b}", "/1.25") == Values{"1.2", "5"});
    CHECK(match("/{a:float}{b}", "/1.x") == Values{"1", ".x"});
    CHECK(match("/{a:float}.{b:int}", "/1.2.3") == Values{"1.2", "3"});
    CHECK(match("/{a:float}.{b:int}", "/1.2") == Values{"1", "2"});
    CHECK(match("/{a:path}{b:path}", "/x/y") == Values{"x/y", ""});
    CHECK(match("/{a:path}{b:path}", "/") == Values{"", ""});
    CHECK(match("/{x}" + std::string{"{id:uuid}"}, "/00" + std::string{uuid}) == Values{"00", std::string{uuid}});
    CHECK(match("/{lat:float},{lon:float}", "/52.5,13.4") == Values{"52.5", "13.4"});
  }

  TEST_CASE("path pattern: segments are decoded after the path was split") {
    CHECK(match("/caf\xC3\xA9", "/caf%C3%A9"));
    CHECK(match("/caf\xC3\xA9", "/caf%c3%a9"));
    CHECK(match("/a b", "/a%20b"));
    CHECK_FALSE(match("/a b", "/a+b"));
    CHECK(match("/100%", "/100%25"));
    CHECK(match("/items", "/%69tems"));
    CHECK(match("/{a}", "/x%2Fy") == Values{"x/y"});
    CHECK(match("/{a}/{b}", "/x%2fy/z") == Values{"x/y", "z"});
    CHECK_FALSE(match("/{a}/{b}", "/x%2Fy"));
    CHECK_FALSE(match("/x/y", "/x%2Fy"));
    CHECK_FALSE(match("/x/{p:path}", "/x%2Fy"));
    CHECK(match("/{p:path}", "/a%2Fb/c%20d") == Values{"a/b/c d"});
    CHECK(match("/{p:path}/{last}", "/a/b%2Fc") == Values{"a", "b/c"});
    CHECK(match("/{a}", "/%2525") == Values{"%25"});
    CHECK(match("/{a}", "/%01%2F") == Values{"\x01/"});
    CHECK(match("/{a}", "/%00") == Values{std::string{"\0", 1}});
    CHECK(match("/{a}-{b}", "/x%2Dy%2Fz") == Values{"x", "y/z"});
  }

  TEST_CASE("path pattern: a broken escape matches nothing") {
    for (const std::string_view path : {"/%", "/%4", "/%zz", "/%4g", "/%g4", "/a%2", "/%%30"}) {
      CAPTURE(path);
      CHECK_FALSE(match("/{a}", path));
      CHECK_FALSE(match("/{p:path}", path));
    }
    CHECK_FALSE(match("/{a}", std::string_view{"/%41"}.substr(0, 3)));
    CHECK_FALSE(match("/{a}", std::string_view{"/%41"}.substr(0, 2)));
  }

  TEST_CASE("path pattern: same shape ignores the names only") {
    const auto shape = [](std::string left, std::string right) {
      return PathPattern::parse(std::move(left)).same_shape(PathPattern::parse(std::move(right)));
    };
    CHECK(shape("/a/{x}", "/a/{y:str}"));
    CHECK(shape("/{x:path}/b", "/{y:path}/b"));
    CHECK_FALSE(shape("/a/{x}", "/a/{x:int}"));
    CHECK_FALSE(shape("/a/{x}", "/b/{x}"));
    CHECK_FALSE(shape("/a/{x}", "/a/{x}/"));
    CHECK_FALSE(shape("/{x}", "/{x:path}"));
  }

  TEST_CASE("path pattern: a moved or copied pattern matches as before") {
    auto first = PathPattern::parse("/{a}");
    const auto copy = first;
    const auto moved = std::move(first);
    CHECK(match(copy, "/x") == Values{"x"});
    CHECK(match(moved, "/x") == Values{"x"});
    CHECK(moved.text() == "/{a}");
  }

  TEST_CASE("path pattern: random patterns and paths agree with a regular expression") {
    Generator generate{20240607};
    int matches = 0;
    for (int i = 0; i < 400; ++i) {
      const auto pattern = PathPattern::parse(generate.pattern());
      const auto regex = regex_for(pattern);
      CAPTURE(pattern.text());
      for (int j = 0; j < 10; ++j) {
        const std::string path = generate.path_for(pattern);
        CAPTURE(path);
        const auto expected = regex_match(regex, path);
        REQUIRE(match(pattern, path) == expected);
        matches += expected ? 1 : 0;

        // An escaped character is the character; an escaped slash stands where a 'z' did, unless a literal wants it.
        REQUIRE(match(pattern, replace_all(replace_all(path, '1', "%31"), 'a', "%61")) == expected);
        if (pattern.text().find('z') != std::string_view::npos) continue;
        auto with_slashes = expected;
        if (with_slashes) {
          for (std::string& value : *with_slashes)
            value = replace_all(value, 'z', "/");
        }
        REQUIRE(match(pattern, replace_all(path, 'z', "%2F")) == with_slashes);
      }
    }
    CHECK(matches > 1000);
  }

  TEST_CASE("path pattern: time stays linear where backtracking would explode") {
    std::string text;
    for (int i = 0; i < 30; ++i) {
      text += "/{a" + std::to_string(i) + "}/{b" + std::to_string(i) + ":path}";
    }
    const auto nested = PathPattern::parse(text + "/end");
    const auto in_segment = PathPattern::parse("/{a}{b}{c:float}{d}{e:int}{f}{g}{h:float}{i}!");
    std::string segments;
    for (int i = 0; i < 2000; ++i)
      segments += "/x";
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(match(nested, segments));
    CHECK(match(nested, segments + "/end"));
    CHECK_FALSE(match(in_segment, "/" + std::string(4000, '1')));
    CHECK(match(in_segment, "/" + std::string(4000, '1') + "!"));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
  }
}
