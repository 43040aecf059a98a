// SPDX-License-Identifier: BSL-1.0
// What JsonReader accepts and refuses: cases in the manner of JSONTestSuite (y_ and n_).
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/json_agreement.hpp"

using coroute::testing::disagreement;
using coroute::testing::is_skipped;
using coroute::testing::read_whole;
using namespace std::string_view_literals;

namespace {

/// The text as the whole, in an array and in an object, as first and as last.
std::vector<std::string> in_places(std::string_view text) {
  const std::string value(text);
  return {value,
          "[" + value + "]",
          "[" + value + ",1]",
          "[1," + value + "]",
          "{\"a\":" + value + "}",
          "{\"a\":" + value + ",\"b\":1}",
          " [ [ " + value + " ] ] "};
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("json_reader: valid JSON is accepted wherever it stands") {
    for (const std::string_view text : {"null"sv,
                                        "true"sv,
                                        "false"sv,
                                        "0"sv,
                                        "-0"sv,
                                        "1"sv,
                                        "-1"sv,
                                        "10"sv,
                                        "123456789"sv,
                                        "1234567890123456789"sv,
                                        "0.0"sv,
                                        "-0.0"sv,
                                        "0.5"sv,
                                        "1.25"sv,
                                        "1e1"sv,
                                        "1E1"sv,
                                        "1e+1"sv,
                                        "1e-1"sv,
                                        "1E+01"sv,
                                        "0e1"sv,
                                        "0e+1"sv,
                                        "0E-0"sv,
                                        "1.5e10"sv,
                                        "-1.5E-10"sv,
                                        "1e0000001"sv,
                                        "-123"sv,
                                        "20e1"sv,
                                        "123.456e78"sv,
                                        "-0.000000000000000000000000000000000001"sv,
                                        "100000000000000000000"sv,
                                        "\"\""sv,
                                        "\" \""sv,
                                        "\"a\""sv,
                                        "\"\\\"\""sv,
                                        "\"\\\\\""sv,
                                        "\"\\/\""sv,
                                        "\"/\""sv,
                                        "\"\\b\\f\\n\\r\\t\""sv,
                                        "\"\\u0000\""sv,
                                        "\"\\u0123\""sv,
                                        "\"\\uABCD\\uabcd\""sv,
                                        "\"\\uD801\\udc37\""sv,
                                        "\"\\\\u0041\""sv,
                                        "\"\\\\a\""sv,
                                        "\"\\u0022\""sv,
                                        "\"\\u005C\""sv,
                                        "\"\x7F\""sv,
                                        "\"\xC2\xA0\""sv,
                                        "\"\xE2\x80\xA8\xE2\x80\xA9\""sv,
                                        "\"\xEF\xBF\xBF\""sv,
                                        "\"\xEF\xBB\xBF\""sv,
                                        "\"\xF4\x8F\xBF\xBF\""sv,
                                        "\"\xF0\x9D\x84\x9E\""sv,
                                        "\"[]{},:\""sv,
                                        "\"/* no comment */\""sv,
                                        "\"null\""sv,
                                        "\"'\""sv,
                                        "[]"sv,
                                        "[ ]"sv,
                                        "[[]]"sv,
                                        "[1]"sv,
                                        "[1,2]"sv,
                                        "[null,1,\"a\",{}]"sv,
                                        "[1\n]"sv,
                                        " [1] "sv,
                                        "\t[\r\n1\t,\n2\r]"sv,
                                        "[[[[[1]]]]]"sv,
                                        "[[],[]]"sv,
                                        "[\"\"]"sv,
                                        "[-0]"sv,
                                        "[1.0,2.0]"sv,
                                        "{}"sv,
                                        "{ }"sv,
                                        "{\"a\":1}"sv,
                                        "{\"\":0}"sv,
                                        "{\"a\":1,\"b\":2}"sv,
                                        "{\"a\" : [ ] }"sv,
                                        "{\"a\":{\"a\":{}}}"sv,
                                        "{\"a\\u0000b\":1}"sv,
                                        "{\"\\\"\":\"\\\"\"}"sv,
                                        "{\"x\":[{\"id\":\"y\"}]}"sv,
                                        "{\n\"a\"\n:\n1\n,\n\"b\"\n:\n2\n}"sv,
                                        "{\"a\":1,\"a\":1}"sv,
                                        "{\"a\":\"b\",\"a\":\"c\"}"sv}) {
      for (const std::string& placed : in_places(text)) {
        CAPTURE(placed);
        CHECK(is_skipped(placed));
        CHECK(disagreement(placed) == "");
      }
    }
  }

  TEST_CASE("json_reader: what is not JSON is refused wherever it stands") {
    for (const std::string_view text :
         {// numbers
          "-"sv, "+1"sv, "--1"sv, "-a"sv, "- 1"sv, "01"sv, "-01"sv, "00"sv, "0x1"sv, "0x"sv, "1."sv, "1.e1"sv, "-1."sv,
          ".5"sv, "-.5"sv, "1e"sv, "1e+"sv, "1E-"sv, "1ee1"sv, "1e1.5"sv, "1.5.5"sv, "1e+-1"sv, "0e"sv, "0e+"sv,
          "0.e1"sv, "0.3e"sv, "0.3e+"sv, "1_000"sv, "1 000"sv, "1a"sv, "1.0a"sv, "1ea"sv, "1f"sv, "1\"\""sv, "1+2"sv,
          "++1"sv, "-NaN"sv, "NaN"sv, "nan"sv, "Infinity"sv, "-Infinity"sv, "inf"sv, "Inf"sv, "-1.0."sv, "0.1.2"sv,
          "2.e3"sv, "2.e-3"sv, "9.e+"sv, "012"sv, "-012"sv, "1e400"sv, "-1e400"sv, "1\xEF\xBC\x91"sv, "\xEF\xBC\x91"sv,
          "1\f"sv, "1\v"sv, "1\0"sv, "1/"sv, "1;"sv, "0-1"sv, "1-"sv, "123e"sv, "1true"sv,
          // atoms
          "nul"sv, "nulll"sv, "Null"sv, "NULL"sv, "tru"sv, "truee"sv, "True"sv, "fals"sv, "falsee"sv, "False"sv,
          "truefalse"sv, "true1"sv, "null\""sv, "nul l"sv, "n"sv, "t"sv, "f"sv, "none"sv, "undefined"sv, "a"sv, "*"sv,
          "\x01"sv, "null\0"sv, "\0"sv, "true\0"sv, "null/"sv, "true\f"sv, "false\xC2\xA0"sv,
          // strings
          "\""sv, "\"a"sv, "'a'"sv, "`a`"sv, "\"a\"b"sv, "\"\n\""sv, "\"\t\""sv, "\"\r\""sv, "\"\x01\""sv, "\"\x1F\""sv,
          "\"\0\""sv, "\"\\\""sv, "\"\\x00\""sv, "\"\\a\""sv, "\"\\\n\""sv, "\"\\u\""sv, "\"\\u1\""sv, "\"\\u12\""sv,
          "\"\\u123\""sv, "\"\\u123g\""sv, "\"\\uD800\""sv, "\"\\uDC00\""sv, "\"\\uD800\\u\""sv, "\"\\uD800\\u1\""sv,
          "\"\\uD800\\uD800\""sv, "\"\\uD800abc\""sv, "\"\\\xC3\xA9\""sv, "\"\\\\\\\""sv, "\\u0022a\\u0022"sv,
          "\"\\'\""sv, "\"\\0\""sv, "\"\x80\""sv, "\"\xC0\x80\""sv, "\"\xE0\xFF\""sv, "\"\xED\xBF\xBF\""sv,
          "\"\xF5\x80\x80\x80\""sv, "\"\xFE\""sv, "\"\xC3\""sv, "\"\"\"\""sv,
          // arrays
          "["sv, "[1"sv, "[1,"sv, "[1,]"sv, "[,1]"sv, "[,]"sv, "[1,,2]"sv, "[1 2]"sv, "[1:2]"sv, "[1}"sv, "[[1]"sv,
          "[\"a\" \"b\"]"sv, "[1;2]"sv, "[\"a\":1]"sv, "[1,\f]"sv, "[\v]"sv, "[\xC2\xA0]"sv, "[\"\"],"sv, "[3[4]]"sv,
          "[[],]"sv, "[1]x"sv, "(1)"sv, "<1>"sv, "[*]"sv, "[{}"sv, "[}"sv, "[]]["sv,
          // objects
          "{"sv, "{\"a\""sv, "{\"a\":"sv, "{\"a\":1"sv, "{\"a\":1,"sv, "{\"a\":1,}"sv, "{,}"sv, "{,\"a\":1}"sv,
          "{\"a\"}"sv, "{\"a\":}"sv, "{:1}"sv, "{1:1}"sv, "{a:1}"sv, "{'a':1}"sv, "{null:1}"sv, "{[]:1}"sv,
          "{\"a\" 1}"sv, "{\"a\"::1}"sv, "{\"a\":1 \"b\":2}"sv, "{\"a\":1,,\"b\":2}"sv, "{\"a\":1;}"sv, "{\"a\":1]"sv,
          "{\"a\",1}"sv, "{\"a\":1:2}"sv, "{\"a\":1}}"sv, "{}x"sv, "{\"a\":\"b\"}#"sv, "{\"a\":1,\"b\"}"sv,
          "{\"a\":1 , }"sv, "{\"a\" \"b\"}"sv, "{]"sv, "{\"a\":[}"sv, "{\"a\":{]}"sv, "{{}:1}"sv, "{\"a\":1\"b\":2}"sv,
          // around
          "//\n1"sv, "1//"sv, "/**/1"sv, "1/*\n*/"sv, "#1"sv, "1;"sv, "\xC2\xA0"sv, "\xE2\x81\xA0"sv, "\x0C"sv}) {
      for (const std::string& placed : in_places(text)) {
        CAPTURE(placed);
        CHECK_FALSE(is_skipped(placed));
        CHECK_FALSE(read_whole(placed));
      }
    }
  }

  TEST_CASE("json_reader: what is no value at all is refused") {
    for (const std::string_view text :
         {""sv,    " "sv,    "\n\t\r "sv, ","sv,   ":"sv,       "]"sv,           "}"sv,
          "]["sv,  "],["sv,  "1,2"sv,     "1 2"sv, "1]"sv,      "[1]]"sv,        "1],[1"sv,
          "{}}"sv, "{}{}"sv, "[][]"sv,    "1}"sv,  "\"a\":1"sv, "\"a\",\"b\""sv, "true false"sv}) {
      CAPTURE(text);
      CHECK_FALSE(is_skipped(text));
      CHECK_FALSE(read_whole(text));
    }
  }

  TEST_CASE("json_reader: each start of a valid text but the whole is refused") {
    const std::string text = R"({"a":[1.5e3,-2,true,{"b":"x\u00e9\n"}],"c":null,"d":false})";
    REQUIRE(is_skipped(text));
    for (std::size_t size = 0; size < text.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(is_skipped(text.substr(0, size)));
    }
  }
}
