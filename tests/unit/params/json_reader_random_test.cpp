// SPDX-License-Identifier: BSL-1.0
// JsonReader agrees with parse_json on mutated texts.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_agreement.hpp"

using coroute::testing::disagreement;
using coroute::testing::is_skipped;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

class TextMaker {
 public:
  explicit TextMaker(unsigned seed) : random_(seed) {}

  std::string text() {
    std::string result;
    value(result, 0);
    return result;
  }

  void mutate(std::string& text) {
    for (std::size_t count = below(3) + 1; count > 0; --count)
      mutate_once(text);
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  template <class Choices>
  auto one_of(const Choices& choices) {
    return choices[below(std::size(choices))];
  }

  void space(std::string& out) {
    if (below(6) == 0) out += " \n\t\r"[below(4)];
  }

  void value(std::string& out, int depth) {
    static const std::vector<std::string> scalars = {"null",
                                                     "true",
                                                     "false",
                                                     "0",
                                                     "-0",
                                                     "1",
                                                     "-17",
                                                     "1.5",
                                                     "-0.0",
                                                     "1e5",
                                                     "2.5E-3",
                                                     "9223372036854775807",
                                                     "9223372036854775808",
                                                     "-9223372036854775809",
                                                     "18446744073709551616",
                                                     "123456789012345678901234567890",
                                                     "1.7976931348623157e308",
                                                     "0.1234567890123456789012345",
                                                     "3e-25",
                                                     "5e-324",
                                                     "0.1e+1"};
    space(out);
    const std::size_t choice = below(depth < 4 ? 10 : 6);
    if (choice < 2) {
      out += one_of(scalars);
    } else if (choice < 3) {
      number(out);
    } else if (choice < 6) {
      string(out);
    } else {
      container(out, depth, choice < 8);
    }
    space(out);
  }

  void number(std::string& out) {
    if (below(2)) out += '-';
    digits(out, 22);
    if (below(2)) digits(out += '.', 30);
    if (below(2)) digits((out += "eE"[below(2)]) += one_of(std::vector<std::string>{"", "+", "-"}), below(8) ? 2 : 25);
  }

  void digits(std::string& out, std::size_t most) {
    for (std::size_t count = below(most) + 1; count > 0; --count)
      out += below(4) ? static_cast<char>('0' + below(10)) : '0';
  }

  void container(std::string& out, int depth, bool is_array) {
    out += is_array ? '[' : '{';
    const std::size_t count = below(4);
    for (std::size_t i = 0; i < count; ++i) {
      if (i) out += ',';
      if (!is_array) {
        space(out);
        string(out);
        space(out);
        out += ':';
      }
      value(out, depth + 1);
    }
    space(out);
    out += is_array ? ']' : '}';
  }

  void string(std::string& out) {
    static const std::vector<std::string> parts = {"a",
                                                   "key",
                                                   "\\n",
                                                   "\\\"",
                                                   "\\\\",
                                                   "\\u0041",
                                                   "\\u00e9",
                                                   "\xC3\xA9",
                                                   "\\ud83d\\ude00",
                                                   "\xF0\x9F\x98\x80",
                                                   "\\/",
                                                   "\\u0000",
                                                   " ",
                                                   "[",
                                                   "}",
                                                   "long text that fills more than one block of sixteen"};
    out += '"';
    for (std::size_t i = below(4); i > 0; --i)
      out += one_of(parts);
    out += '"';
  }

  void mutate_once(std::string& text) {
    static const std::vector<std::string> pieces = {"\"",
                                                    "\\",
                                                    "[",
                                                    "]",
                                                    "{",
                                                    "}",
                                                    ",",
                                                    ":",
                                                    "0",
                                                    "1",
                                                    "9",
                                                    "-",
                                                    "+",
                                                    ".",
                                                    "e",
                                                    "E",
                                                    " ",
                                                    "\n",
                                                    "\f",
                                                    "\v",
                                                    "\x01",
                                                    "\x1f",
                                                    "\x7f",
                                                    "\xff",
                                                    "\x80",
                                                    "\xc3",
                                                    "\xed\xa0\x80",
                                                    "\xef\xbb\xbf",
                                                    "null",
                                                    "nul",
                                                    "true",
                                                    "false",
                                                    "NaN",
                                                    "Infinity",
                                                    "\\u",
                                                    "\\ud800",
                                                    "\\udc00",
                                                    "/",
                                                    "//",
                                                    "/**/",
                                                    "'",
                                                    "x",
                                                    "00",
                                                    "\xc2\x85",
                                                    "\xe2\x80\xa8",
                                                    "\\"};
    const std::size_t at = below(text.size() + 1);
    const std::size_t count = below(4) + 1;
    switch (below(7)) {
      case 0:
        text.insert(at, one_of(pieces));
        break;
      case 1:
        text.replace(at, 1, one_of(pieces));
        break;
      case 2:
        text.erase(at, count);
        break;
      case 3:
        text.resize(at);
        break;
      case 4:
        text.insert(at, text.substr(below(text.size() + 1), count));
        break;
      case 5:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << below(8)));
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("json_reader: with any byte at any place it agrees with parse_json") {
    for (const std::string_view text : {R"([1.5e3,-20,"a\u00e9",true])"sv, R"({"k":null,"l":{},"m":[false]})"sv,
                                        "-12"sv, "\"s\\n\""sv, "true"sv, "null"sv, "0"sv}) {
      for (std::size_t at = 0; at <= text.size(); ++at) {
        for (unsigned byte = 0; byte < 256; ++byte) {
          for (const std::size_t replaced : {std::size_t{0}, std::size_t{1}}) {
            std::string mutated(text);
            mutated.replace(at, replaced, 1, static_cast<char>(byte));
            const std::string difference = disagreement(mutated);
            if (difference.empty()) continue;
            CAPTURE(mutated);
            CHECK(difference == "");
          }
        }
      }
    }
  }

  TEST_CASE("json_reader: on random texts, whole and mutated, it agrees with parse_json") {
    std::size_t accepted = 0;
    constexpr std::size_t count = 25'000;
    TextMaker maker(20'240'607);
    for (std::size_t i = 0; i < count; ++i) {
      std::string text = maker.text();
      if (i % 8) maker.mutate(text);
      if (is_skipped(text)) ++accepted;
      const std::string difference = disagreement(text);
      if (difference.empty()) continue;
      CAPTURE(text);
      CHECK(difference == "");
    }
    CHECK(accepted > count / 5);
    CHECK(accepted < count * 4 / 5);
  }
}
