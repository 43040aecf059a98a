// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/query_params.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using coroute::QueryParams;

namespace {

/// "[name=value][name=value]"
std::string dump(std::string_view query) {
  std::string out;
  for (const auto& [name, value] : QueryParams(query))
    out += '[' + name + '=' + value + ']';
  return out;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("query params: an empty query has no parameters") {
    const QueryParams params;
    CHECK(params.empty());
    CHECK(params.size() == 0);
    CHECK(params.to_string() == "");
    CHECK_FALSE(params.contains(""));
    CHECK(QueryParams("") == params);
    CHECK(QueryParams("&&&").empty());
  }

  TEST_CASE("query params: pairs are split at & and the first =") {
    CHECK(dump("a=1&b=2") == "[a=1][b=2]");
    CHECK(dump("a=1=2&&b==") == "[a=1=2][b==]");
    CHECK(dump("a;b=1;c=2") == "[a;b=1;c=2]");
    CHECK(dump("?a=1") == "[?a=1]");
    CHECK(dump("&a=1&") == "[a=1]");
  }

  TEST_CASE("query params: blank names and values are kept") {
    CHECK(dump("a&b=&=c&=") == "[a=][b=][=c][=]");
    CHECK(QueryParams("a").get("a") == "");
    CHECK(QueryParams("=c").get("") == "c");
  }

  TEST_CASE("query params: names and values are decoded after the split") {
    CHECK(dump("a+b=c+d%2B") == "[a b=c d+]");
    CHECK(dump("a%3Db=%26&%26=x") == "[a=b=&][&=x]");
    CHECK(dump("q=a+b%20c%26%C3%A9") == "[q=a b c&\xC3\xA9]");
    CHECK(dump("a=%zz%4&b=%") == "[a=%zz%4][b=%]");
    CHECK(dump("a=%FF") == "[a=\xEF\xBF\xBD]");
  }

  TEST_CASE("query params: get gives the last value, get_all gives all in order") {
    const QueryParams params("a=1&b=x&a=2&A=3");
    CHECK(params.get("a") == "2");
    CHECK(params.get_all("a") == std::vector<std::string_view>{"1", "2"});
    CHECK(params.get("A") == "3");
    CHECK(params.contains("b"));
    CHECK_FALSE(params.contains("B"));
    CHECK_FALSE(params.get("c"));
    CHECK(params.get_all("c").empty());
    CHECK(params.size() == 4);
    CHECK_FALSE(params.empty());
  }

  TEST_CASE("query params: to_string encodes and reads back to the same pairs") {
    QueryParams params;
    params.add("q", "a b+c&d=\xC3\xA9/~");
    params.add("", "");
    params.add("q", "%41");
    CHECK(params.to_string() == "q=a+b%2Bc%26d%3D%C3%A9%2F~&=&q=%2541");
    CHECK(QueryParams(params.to_string()) == params);
    CHECK(params.get("q") == "%41");
  }

  TEST_CASE("query params: every byte of a name survives the round trip as text") {
    QueryParams params;
    for (int byte = 0; byte < 0x80; ++byte)
      params.add(std::string(2, static_cast<char>(byte)), "v");
    CHECK(QueryParams(params.to_string()) == params);
    CHECK(params.size() == 128);
  }
}
