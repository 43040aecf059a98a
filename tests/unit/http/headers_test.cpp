// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/headers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace coroute;

namespace {

using Values = std::vector<std::string_view>;

/// "name=value|name=value|"
template <class Fields>
std::string dump(const Fields& fields) {
  std::string out;
  for (const HeaderField field : fields)
    out.append(field.name).append("=").append(field.value).append("|");
  return out;
}

std::string error_of(std::string_view name, std::string_view value) {
  Headers headers;
  try {
    headers.add(name, value);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

bool lists(std::string_view value, std::string_view token) {
  return Headers{{"x", value}}.has_token("X", token);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("iequals: ignores the case of ASCII letters only") {
    CHECK(iequals("", ""));
    CHECK(iequals("Content-Type", "cONTENT-tYPE"));
    CHECK(iequals("abcxyz019", "ABCXYZ019"));
    CHECK_FALSE(iequals("abc", "abcd"));
    CHECK_FALSE(iequals("abc", "abd"));
    CHECK_FALSE(iequals("xbc", "abc"));
    CHECK_FALSE(iequals("@", "`"));
    CHECK_FALSE(iequals("[", "{"));
    CHECK_FALSE(iequals("-", "\r"));
    CHECK_FALSE(iequals("\xC4", "\xE4"));
  }

  TEST_CASE("is_token: accepts exactly the token characters of RFC 9110") {
    const std::string_view others = "!#$%&'*+-.^_`|~";
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      CHECK_MESSAGE(is_token(std::string(1, c)) == (alphanumeric || others.find(c) != others.npos), byte);
    }
    CHECK_FALSE(is_token(""));
    CHECK(is_token("x-request-id"));
    CHECK_FALSE(is_token("x request"));
    CHECK_FALSE(is_token("host "));
    CHECK_FALSE(is_token(std::string_view("host\0", 5)));
  }

  TEST_CASE("is_field_value: refuses control characters but the tab") {
    for (int byte = 0; byte < 256; ++byte) {
      const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
      CHECK_MESSAGE(is_field_value(std::string("a") + static_cast<char>(byte)) == !control, byte);
    }
    CHECK(is_field_value(""));
    CHECK(is_field_value(" text/plain; charset=utf-8\t"));
  }

  TEST_CASE("headers: a default object is empty") {
    const Headers headers;
    CHECK(headers.empty());
    CHECK(headers.size() == 0);
    CHECK(headers.begin() == headers.end());
    CHECK_FALSE(headers.get("host"));
    CHECK_FALSE(headers.contains("host"));
    CHECK(headers.get_all("host").empty());
    CHECK_FALSE(headers.has_token("host", "x"));
  }

  TEST_CASE("headers: keep order, spelling and repeated names") {
    Headers headers{{"Host", "a"}, {"set-cookie", "x=1"}};
    headers.add("Set-Cookie", "y=2");
    headers.add("ETag", "");
    CHECK(dump(headers) == "Host=a|set-cookie=x=1|Set-Cookie=y=2|ETag=|");
    CHECK(headers.size() == 4);
    CHECK_FALSE(headers.empty());
  }

  TEST_CASE("headers: lookup ignores case and takes the first field") {
    const Headers headers{{"Accept", "a"}, {"X", "1"}, {"ACCEPT", "b"}};
    CHECK(headers.get("accept") == "a");
    CHECK(headers.get_all("aCCept") == Values{"a", "b"});
    CHECK(headers.contains("x"));
    CHECK_FALSE(headers.contains("y"));
    CHECK_FALSE(headers.get("accep"));
    CHECK(headers.get_all("accept-").empty());
  }

  TEST_CASE("headers: an empty value is a value") {
    const Headers headers{{"x", ""}, {"y", "  \t "}};
    CHECK(headers.get("x") == "");
    CHECK(headers.get("y") == "");
    CHECK(headers.contains("x"));
  }

  TEST_CASE("headers: spaces and tabs around a value are trimmed, inside kept") {
    Headers headers{{"a", " \t1 \t2\t "}};
    headers.set("b", " 3 ");
    headers.set("a", "\t4");
    CHECK(dump(headers) == "a=4|b=3|");
    headers.set("a", "5 \t 6");
    CHECK(headers.get("a") == "5 \t 6");
  }

  TEST_CASE("headers: set replaces the first field in place and removes the others") {
    Headers headers{{"a", "1"}, {"x", "one"}, {"b", "2"}, {"X", "two"}, {"c", "3"}, {"x", "three"}};
    SUBCASE("by a longer value") {
      headers.set("X", "a much longer value than before");
      CHECK(dump(headers) == "a=1|x=a much longer value than before|b=2|c=3|");
    }
    SUBCASE("by a shorter value") {
      headers.set("X", "");
      CHECK(dump(headers) == "a=1|x=|b=2|c=3|");
    }
    SUBCASE("by a value of the same length") {
      headers.set("X", "new");
      CHECK(dump(headers) == "a=1|x=new|b=2|c=3|");
    }
    CHECK(headers.size() == 4);
    CHECK(headers.get("c") == "3");
  }

  TEST_CASE("headers: set appends a name that is not there") {
    Headers headers{{"a", "1"}};
    headers.set("b", "2");
    CHECK(dump(headers) == "a=1|b=2|");
  }

  TEST_CASE("headers: remove takes every field of the name and says how many") {
    Headers headers{{"x", "one"}, {"a", "1"}, {"X", "two"}, {"b", "2"}, {"x", "three"}};
    CHECK(headers.remove("y") == 0);
    CHECK(headers.size() == 5);
    CHECK(headers.remove("X") == 3);
    CHECK(dump(headers) == "a=1|b=2|");
    CHECK(headers.remove("b") == 1);
    CHECK(headers.remove("a") == 1);
    CHECK(headers.empty());
    CHECK(headers.remove("a") == 0);
    headers.add("n", "ew");
    CHECK(dump(headers) == "n=ew|");
  }

  TEST_CASE("headers: clear leaves a usable object") {
    Headers headers{{"a", "1"}, {"b", "2"}};
    headers.clear();
    CHECK(headers.empty());
    CHECK_FALSE(headers.contains("a"));
    headers.add("c", "3");
    CHECK(dump(headers) == "c=3|");
  }

  TEST_CASE("headers: arguments may point into the object itself") {
    Headers headers{{"first", "some value"}, {"second", "2"}};
    SUBCASE("add") {
      std::string expected = "first=some value|second=2|";
      for (int i = 0; i < 200; ++i) {
        const HeaderField field = *headers.begin();
        headers.add(field.name, field.value);
        expected += "first=some value|";
      }
      CHECK(dump(headers) == expected);
    }
    SUBCASE("set to another field's value") {
      headers.set("second", *headers.get("first"));
      CHECK(dump(headers) == "first=some value|second=some value|");
    }
    SUBCASE("set to the value of a field that goes away") {
      headers.add("FIRST", "x");
      headers.add("first", "the last one wins");
      headers.set((*headers.begin()).name, headers.get_all("first").back());
      CHECK(dump(headers) == "first=the last one wins|second=2|");
    }
    SUBCASE("remove by its own name") {
      headers.add("z", "3");
      CHECK(headers.remove((*headers.begin()).name) == 1);
      CHECK(dump(headers) == "second=2|z=3|");
    }
  }

  TEST_CASE("headers: stay right over many fields and a mix of changes") {
    Headers headers;
    std::vector<std::pair<std::string, std::string>> expected;
    for (int i = 0; i < 500; ++i) {
      const std::string name = "x-" + std::to_string(i % 50);
      const std::string value(static_cast<std::size_t>(i * 7 % 90), 'v');
      const auto is_same = [&](const auto& pair) { return pair.first == name; };
      if (i % 3 == 0) {
        headers.add(name, value);
        expected.emplace_back(name, value);
      } else if (i % 3 == 1) {
        headers.set(name, value);
        const auto first = std::find_if(expected.begin(), expected.end(), is_same);
        if (first == expected.end()) {
          expected.emplace_back(name, value);
        } else {
          first->second = value;
          expected.erase(std::remove_if(first + 1, expected.end(), is_same), expected.end());
        }
      } else if (i % 7 == 0) {
        CHECK(headers.remove(name) == std::erase_if(expected, is_same));
      }
    }
    std::string text;
    for (const auto& [name, value] : expected)
      text += name + '=' + value + '|';
    CHECK(dump(headers) == text);
    CHECK(headers.size() == expected.size());
  }

  TEST_CASE("headers: copies are independent and moves carry the fields") {
    Headers headers{{"a", "1"}};
    Headers copy = headers;
    copy.set("a", "2");
    CHECK(headers.get("a") == "1");
    const Headers moved = std::move(copy);
    CHECK(moved.get("a") == "2");
  }

  TEST_CASE("headers: a name that is no token is refused by name") {
    CHECK(error_of("bad name", "x") == "header name 'bad name' is not a token (RFC 9110 section 5.6.2)");
    CHECK(error_of("", "x") == "header name '' is not a token (RFC 9110 section 5.6.2)");
    CHECK(error_of("a\r\nb", "x") == "header name 'a\\x0D\\x0Ab' is not a token (RFC 9110 section 5.6.2)");
    CHECK(error_of("x:", "x") != "accepted");
    CHECK(error_of("x", "x") == "accepted");
  }

  TEST_CASE("headers: the name in an error sentence is cut after 80 bytes") {
    const std::string at_limit = std::string(79, 'n') + ' ';
    CHECK(error_of(at_limit, "").find('\'' + at_limit + "' is not") != std::string::npos);
    CHECK(error_of(at_limit + 'n', "").find('\'' + at_limit + "...' is not") != std::string::npos);
  }

  TEST_CASE("headers: a value with a control character is refused without showing the value") {
    CHECK(error_of("x-key", "secret\r\nEvil: 1") ==
          "the value of header 'x-key' has the control character 0x0D at byte 6");
    CHECK(error_of("x-key", std::string_view("\0", 1)) ==
          "the value of header 'x-key' has the control character 0x00 at byte 0");
    CHECK(error_of("x", "a\x7F") == "the value of header 'x' has the control character 0x7F at byte 1");
    CHECK(error_of("x", "trailing\n") == "the value of header 'x' has the control character 0x0A at byte 8");
    CHECK(error_of("x", "tab\tand \xC3\xA9") == "accepted");
  }

  TEST_CASE("headers: a refused change leaves the object as it was") {
    Headers headers{{"a", "1"}, {"A", "2"}};
    CHECK_THROWS_AS(headers.add("b", "x\ny"), std::invalid_argument);
    CHECK_THROWS_AS(headers.set("a", "x\ry"), std::invalid_argument);
    CHECK_THROWS_AS(headers.set("a b", "x"), std::invalid_argument);
    CHECK(dump(headers) == "a=1|A=2|");
    CHECK_THROWS_AS((Headers{{"ok", "1"}, {"not ok", "2"}}), std::invalid_argument);
  }

  TEST_CASE("headers: iteration is a forward range of fields") {
    static_assert(std::forward_iterator<Headers::Iterator>);
    const Headers headers{{"a", "1"}, {"b", "2"}};
    auto it = headers.begin();
    CHECK((*it++).name == "a");
    CHECK((*it).value == "2");
    CHECK(++it == headers.end());
    CHECK(std::ranges::count(headers, "2", &HeaderField::value) == 1);
  }

  TEST_CASE("headers: has_token finds list members over all fields, ignoring case") {
    const Headers headers{{"Connection", "Keep-Alive, Upgrade"}, {"x", "close"}, {"connection", "foo"}};
    CHECK(headers.has_token("connection", "keep-alive"));
    CHECK(headers.has_token("CONNECTION", "upgrade"));
    CHECK(headers.has_token("connection", "FOO"));
    CHECK_FALSE(headers.has_token("connection", "close"));
    CHECK_FALSE(headers.has_token("upgrade", "keep-alive"));
  }

  TEST_CASE("headers: has_token splits at commas and trims, nothing else") {
    CHECK(lists("a", "a"));
    CHECK(lists(" \ta\t ,b", "a"));
    CHECK(lists(",, ,b,", "b"));
    CHECK(lists("a,b,c", "c"));
    CHECK_FALSE(lists("ab,c", "a"));
    CHECK_FALSE(lists("a b", "a"));
    CHECK_FALSE(lists("gzip;q=1", "gzip"));
    CHECK_FALSE(lists("a;b", "b"));
    CHECK_FALSE(lists("", "a"));
    CHECK_FALSE(lists(",", "a"));
    CHECK_FALSE(lists("", ""));
    CHECK_FALSE(lists("a,,b", ""));
  }

  TEST_CASE("headers: has_token does not look into quoted strings") {
    CHECK_FALSE(lists(R"(private="x, no-store, y")", "no-store"));
    CHECK(lists(R"(private="x, y", no-store)", "no-store"));
    CHECK_FALSE(lists(R"(a="\", no-store, \"")", "no-store"));
    CHECK(lists(R"(a="\\", no-store)", "no-store"));
    CHECK_FALSE(lists(R"("open, no-store)", "no-store"));
    CHECK_FALSE(lists(R"("open\)", "open"));
    CHECK(lists(R"(a\, no-store)", "no-store"));
  }

  TEST_CASE("headers view: reads fields that lie elsewhere") {
    const std::vector<HeaderField> fields{{"Host", "h"}, {"Accept", "a"}, {"ACCEPT", "b, C"}};
    const HeadersView view{fields};
    CHECK(view.size() == 3);
    CHECK_FALSE(view.empty());
    CHECK(view.get("host") == "h");
    CHECK(view.get("accept") == "a");
    CHECK_FALSE(view.get("cookie"));
    CHECK(view.get_all("accept") == Values{"a", "b, C"});
    CHECK(view.get_all("cookie").empty());
    CHECK(view.contains("HOST"));
    CHECK_FALSE(view.contains("cookie"));
    CHECK(view.has_token("accept", "c"));
    CHECK_FALSE(view.has_token("host", "c"));
    CHECK(dump(view) == "Host=h|Accept=a|ACCEPT=b, C|");
    CHECK(view.get("host")->data() == fields[0].value.data());
  }

  TEST_CASE("headers view: a default view is empty") {
    const HeadersView view;
    CHECK(view.empty());
    CHECK(view.size() == 0);
    CHECK_FALSE(view.get("host"));
    CHECK(view.begin() == view.end());
  }

  TEST_CASE("headers view: copies into an owning object, which checks the fields") {
    std::vector<HeaderField> fields{{"Host", "h"}, {"Accept", " a "}};
    const Headers headers{HeadersView{fields}};
    CHECK(dump(headers) == "Host=h|Accept=a|");
    fields.push_back({"bad", "a\nb"});
    CHECK_THROWS_AS(Headers{HeadersView{fields}}, std::invalid_argument);
  }
}
