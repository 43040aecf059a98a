// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/json_writer.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/json.hpp"

using coroute::Json;
using coroute::JsonNotFinite;
using coroute::JsonWriter;
using coroute::parse_json;
using namespace std::string_literals;

namespace {

template <class Write>
std::string written(const Write& write) {
  std::string out;
  JsonWriter writer(out);
  write(writer);
  return out;
}

std::string text_of(double value) {
  return written([&](JsonWriter& writer) { writer.number(value); });
}

std::string text_of(std::string_view value) {
  return written([&](JsonWriter& writer) { writer.string(value); });
}

void write_value(JsonWriter& writer, const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return writer.boolean(value.get<bool>());
    case Json::value_t::number_integer:
      return writer.integer(value.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return writer.unsigned_integer(value.get<std::uint64_t>());
    case Json::value_t::number_float:
      return writer.number(value.get<double>());
    case Json::value_t::string:
      return writer.string(value.get_ref<const std::string&>());
    case Json::value_t::array:
      writer.begin_array();
      for (const Json& item : value)
        write_value(writer, item);
      return writer.end_array();
    case Json::value_t::object:
      writer.begin_object();
      for (const auto& member : value.items()) {
        writer.key(member.key());
        write_value(writer, member.value());
      }
      return writer.end_object();
    default:
      return writer.null();
  }
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("json_writer: scalars are written as they are") {
    CHECK(written([](JsonWriter& w) { w.null(); }) == "null");
    CHECK(written([](JsonWriter& w) { w.boolean(true); }) == "true");
    CHECK(written([](JsonWriter& w) { w.boolean(false); }) == "false");
    CHECK(written([](JsonWriter& w) { w.integer(0); }) == "0");
    CHECK(written([](JsonWriter& w) { w.integer(-17); }) == "-17");
    CHECK(written([](JsonWriter& w) { w.raw("{\"a\": 1}"); }) == "{\"a\": 1}");
  }

  TEST_CASE("json_writer: integers are written to the ends of their ranges") {
    CHECK(written([](JsonWriter& w) { w.integer(std::numeric_limits<std::int64_t>::min()); }) ==
          "-9223372036854775808");
    CHECK(written([](JsonWriter& w) { w.integer(std::numeric_limits<std::int64_t>::max()); }) == "9223372036854775807");
    CHECK(written([](JsonWriter& w) { w.unsigned_integer(std::numeric_limits<std::uint64_t>::max()); }) ==
          "18446744073709551615");
  }

  TEST_CASE("json_writer: commas stand between values, and nowhere else") {
    const std::string text = written([](JsonWriter& w) {
      w.begin_array();
      w.begin_object();
      w.end_object();
      w.begin_array();
      w.end_array();
      w.begin_object();
      w.key("a");
      w.begin_array();
      w.null();
      w.boolean(true);
      w.integer(1);
      w.unsigned_integer(2);
      w.number(1.5);
      w.string("s");
      w.raw("[]");
      w.end_array();
      w.key("b");
      w.begin_object();
      w.key("c");
      w.null();
      w.end_object();
      w.key("d");
      w.integer(3);
      w.end_object();
      w.string("");
      w.string("[");
      w.string("{");
      w.string(":");
      w.null();
      w.end_array();
    });
    CHECK(text == R"([{},[],{"a":[null,true,1,2,1.5,"s",[]],"b":{"c":null},"d":3},"","[","{",":",null])");
  }

  TEST_CASE("json_writer: what the string held before stays, and asks for no comma") {
    std::string out = "data: 1";
    JsonWriter first(out);
    first.begin_array();
    first.integer(2);
    first.end_array();
    CHECK(out == "data: 1[2]");
    out += "\n";
    JsonWriter second(out);
    second.integer(3);
    CHECK(out == "data: 1[2]\n3");
  }

  TEST_CASE("json_writer: nested values need no memory of their own") {
    constexpr int depth = 100'000;
    const std::string text = written([](JsonWriter& w) {
      for (int i = 0; i < depth; ++i)
        w.begin_array();
      for (int i = 0; i < depth; ++i)
        w.end_array();
    });
    CHECK(text == std::string(depth, '[') + std::string(depth, ']'));
  }
}

TEST_SUITE("params") {
  TEST_CASE("json_writer: doubles read as Python's repr") {
    CHECK(text_of(0.0) == "0.0");
    CHECK(text_of(-0.0) == "-0.0");
    CHECK(text_of(1.0) == "1.0");
    CHECK(text_of(-1.5) == "-1.5");
    CHECK(text_of(0.1) == "0.1");
    CHECK(text_of(0.1 + 0.2) == "0.30000000000000004");
    CHECK(text_of(129.95) == "129.95");
    CHECK(text_of(-0.05) == "-0.05");
    CHECK(text_of(1.005) == "1.005");
    CHECK(text_of(100000.0) == "100000.0");
    CHECK(text_of(123456.789) == "123456.789");
    CHECK(text_of(1.0 / 3) == "0.3333333333333333");
    CHECK(text_of(2.0 / 3) == "0.6666666666666666");
    CHECK(text_of(5e-324) == "5e-324");
    CHECK(text_of(1.7976931348623157e308) == "1.7976931348623157e+308");
    CHECK(text_of(2.2250738585072014e-308) == "2.2250738585072014e-308");
    CHECK(text_of(-2.2250738585072014e-308) == "-2.2250738585072014e-308");
    CHECK(text_of(1e100) == "1e+100");
    CHECK(text_of(1.5e-9) == "1.5e-09");
    CHECK(text_of(1e23) == "1e+23");
    CHECK(text_of(3.141592653589793) == "3.141592653589793");
  }

  TEST_CASE("json_writer: the exponent begins where Python's does") {
    CHECK(text_of(0.001) == "0.001");
    CHECK(text_of(0.0001) == "0.0001");
    CHECK(text_of(std::nextafter(1e-4, 0)) == "9.999999999999999e-05");
    CHECK(text_of(0.00001) == "1e-05");
    CHECK(text_of(1e-7) == "1e-07");
    CHECK(text_of(0.000123) == "0.000123");
    CHECK(text_of(0.00012345678) == "0.00012345678");
    CHECK(text_of(1e15) == "1000000000000000.0");
    CHECK(text_of(std::nextafter(1e16, 0)) == "9999999999999998.0");
    CHECK(text_of(1e16) == "1e+16");
    CHECK(text_of(std::nextafter(1e16, 1e17)) == "1.0000000000000002e+16");
    CHECK(text_of(9007199254740993.0) == "9007199254740992.0");
    CHECK(text_of(123456789012345680.0) == "1.2345678901234568e+17");
  }

  TEST_CASE("json_writer: short decimals are right up to and beyond where they are looked for") {
    CHECK(text_of(999999999.0) == "999999999.0");
    CHECK(text_of(1000000000.0) == "1000000000.0");
    CHECK(text_of(999999999.999999) == "999999999.999999");
    CHECK(text_of(999999999.9999999) == "999999999.9999999");
    CHECK(text_of(1000000000.5) == "1000000000.5");
    CHECK(text_of(0.000001 + 1) == "1.000001");
    CHECK(text_of(0.0000001 + 1) == "1.0000001");
    CHECK(text_of(0.999999) == "0.999999");
    CHECK(text_of(0.9999999) == "0.9999999");
    CHECK(text_of(std::nextafter(0.5, 1)) == "0.5000000000000001");
    CHECK(text_of(std::nextafter(100.25, 0)) == "100.24999999999999");
    for (int hundredths = -20'000; hundredths <= 20'000; ++hundredths) {
      const std::string digits = std::to_string(1000 + std::abs(hundredths) % 100).substr(2);
      const std::string sign = hundredths < 0 ? "-" : "";
      std::string expected = sign + std::to_string(std::abs(hundredths) / 100) + "." + digits;
      if (expected.back() == '0') expected.pop_back();
      const std::string text = text_of(hundredths / 100.0);
      if (text != expected) CHECK(text == expected);
    }
  }

  TEST_CASE("json_writer: any double comes back as it was, in the fewest digits") {
    std::mt19937_64 random(7);
    const auto check = [](double value) {
      if (!std::isfinite(value)) return;
      const std::string text = text_of(value);
      double back = 0;
      std::from_chars(text.data(), text.data() + text.size(), back);
      char shortest[32];
      const auto end = std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::scientific).ptr;
      const auto digits = [](std::string_view number) {
        std::string found;
        for (const char c : number.substr(0, number.find('e'))) {
          if (c >= '0' && c <= '9' && (c != '0' || !found.empty())) found += c;
        }
        while (!found.empty() && found.back() == '0')
          found.pop_back();
        return found;
      };
      const bool same = std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(value) &&
                        digits(text) == digits({shortest, static_cast<std::size_t>(end - shortest)});
      if (same) return;
      CAPTURE(text);
      CHECK(same);
    };
    for (int i = 0; i < 20'000; ++i) {
      check(std::bit_cast<double>(random()));
      check(static_cast<double>(random() % 1'000'000'000'000) / 1000.0);
      check(static_cast<double>(random() % 100'000'000) / 10'000'000.0);
      check(std::nextafter(static_cast<double>(random() % 1'000'000) / 100.0, i % 2 ? 0.0 : 1e9));
    }
  }

  TEST_CASE("json_writer: NaN and infinity are refused, and nothing is written") {
    for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity()}) {
      std::string out;
      JsonWriter writer(out);
      writer.begin_array();
      writer.integer(1);
      CHECK_THROWS_AS(writer.number(value), JsonNotFinite);
      CHECK(out == "[1");
    }
    CHECK_THROWS_WITH_AS(text_of(-std::numeric_limits<double>::infinity()),
                         "Out of range float values are not JSON compliant: -inf", std::range_error);
  }
}

TEST_SUITE("params") {
  TEST_CASE("json_writer: only quote, backslash and controls are escaped") {
    CHECK(text_of("") == R"("")");
    CHECK(text_of("plain text") == R"("plain text")");
    CHECK(text_of("\"\\/\n\r\t\b\f") == R"("\"\\/\n\r\t\b\f")");
    CHECK(text_of("\x01\x0B\x1F"s) == R"("\u0001\u000b\u001f")");
    CHECK(text_of("a\0b"s) == R"("a\u0000b")");
    CHECK(text_of(" ~\x7F") == "\" ~\x7F\"");
    CHECK(text_of("</script>&'") == "\"</script>&'\"");
  }

  TEST_CASE("json_writer: each ASCII character is right at each place of a string of each length") {
    for (std::size_t length = 1; length <= 24; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        for (int code = 0; code < 128; ++code) {
          std::string content(length, 'x');
          content[at] = static_cast<char>(code);
          const std::string text = text_of(content);
          const bool escaped = code < 0x20 || code == '"' || code == '\\';
          const bool right = escaped ? text.size() > length + 2 && parse_json(text).get_ref<std::string&>() == content
                                     : text == '"' + content + '"';
          if (right) continue;
          CAPTURE(text);
          CHECK(right);
        }
      }
    }
  }

  TEST_CASE("json_writer: UTF-8 is written as it is") {
    for (const std::string text :
         {"caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xE2\x80\xA8", "\xEF\xBF\xBF", "\xC2\x80", "\xDF\xBF",
          "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF",
          "abcdefgh\xC3\xA9"
          "abcdefgh\xE2\x82\xAC"
          "abcdefgh"}) {
      CHECK(text_of(text) == '"' + text + '"');
    }
    CHECK(text_of("\xC3\xA9\n\xC3\xA9\"") == "\"\xC3\xA9\\n\xC3\xA9\\\"\"");
  }

  TEST_CASE("json_writer: invalid UTF-8 becomes U+FFFD, once for each maximal part") {
    const std::string mark = "\xEF\xBF\xBD";
    CHECK(text_of("\xFF") == '"' + mark + '"');
    CHECK(text_of("a\x80z") == "\"a" + mark + "z\"");
    CHECK(text_of("\xE2\x82") == '"' + mark + '"');
    CHECK(text_of("\xE2\x82"
                  "a") == '"' + mark + "a\"");
    CHECK(text_of("\xE2\x82\"") == '"' + mark + "\\\"\"");
    CHECK(text_of("\xC0\xAF") == '"' + mark + mark + '"');
    CHECK(text_of("\xED\xA0\x80") == '"' + mark + mark + mark + '"');
    CHECK(text_of("\xF4\x90\x80\x80") == '"' + mark + mark + mark + mark + '"');
    CHECK(text_of("12345678\xC3\x28"
                  "12345678") == "\"12345678" + mark + "(12345678\"");
    CHECK(text_of("\xC3\xA9\xC3") == "\"\xC3\xA9" + mark + '"');
  }

  TEST_CASE("json_writer: keys are escaped like strings") {
    const std::string text = written([](JsonWriter& w) {
      w.begin_object();
      w.key("");
      w.null();
      w.key("a\"b\n");
      w.null();
      w.key("caf\xC3\xA9\xFF");
      w.null();
      w.end_object();
    });
    CHECK(text == "{\"\":null,\"a\\\"b\\n\":null,\"caf\xC3\xA9\xEF\xBF\xBD\":null}");
  }

  TEST_CASE("json_writer: strings that hold only what is escaped take linear room and time") {
    CHECK(text_of(std::string(1'000'000, '\x01')).size() == 6'000'002);
    CHECK(text_of(std::string(1'000'000, '\xFF')).size() == 3'000'002);
    CHECK(text_of(std::string(1'000'000, 'x')).size() == 1'000'002);
  }

  TEST_CASE("json_writer: a whole value reads back as it was") {
    const Json value = parse_json(
        R"({"id":7,"big":18446744073709551615,"low":-9223372036854775808,"x":[1.5,1e300,-0.0,[],{}],)"
        R"("text":"\"\\\u0001\n\u00e9\ud83d\ude00","on":true,"off":false,"none":null,"":{"a":{"b":[[[1]]]}}})");
    const std::string text = written([&](JsonWriter& w) { write_value(w, value); });
    CHECK(parse_json(text) == value);
    CHECK(text.find(' ') == std::string::npos);
  }
}
