// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/credentials.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "coroute/app/make_handler.hpp"
#include "support/answer_of.hpp"

using namespace coroute;
using coroute::testing::exchange;
using coroute::testing::get;
using coroute::testing::TestRequest;

namespace {

template <class Scheme>
void check_scheme(std::string_view name, std::string_view json) {
  CHECK(Scheme::security_scheme().name == name);
  CHECK(Scheme::security_scheme().json == json);
}

std::string with_header(const Handler& handler, std::string_view name, std::string_view value) {
  TestRequest request;
  request.header(name, value);
  return exchange(handler, request);
}
std::string challenge_of(const Handler& handler) {
  TestRequest request;
  try {
    coroute::testing::answer(handler, request);
  } catch (const HttpException& error) {
    CHECK(error.status() == 401);
    return std::string(error.headers().get("www-authenticate").value_or("none"));
  }
  return "no error";
}

}  // namespace

TEST_SUITE("security") {
  TEST_CASE("credentials: schemes are described as FastAPI does") {
    check_scheme<HttpBasic>("HTTPBasic", R"({"type":"http","scheme":"basic"})");
    check_scheme<HttpBearer>("HTTPBearer", R"({"type":"http","scheme":"bearer"})");
    check_scheme<HttpDigest>("HTTPDigest", R"({"type":"http","scheme":"digest"})");
    check_scheme<ApiKeyHeader<"X">>("APIKeyHeader", R"({"type":"apiKey","in":"header","name":"X"})");
    check_scheme<ApiKeyQuery<"k">>("APIKeyQuery", R"({"type":"apiKey","in":"query","name":"k"})");
    check_scheme<ApiKeyCookie<"c">>("APIKeyCookie", R"({"type":"apiKey","in":"cookie","name":"c"})");
  }

  TEST_CASE("credentials: a scheme may have a name and a description of its own") {
    check_scheme<HttpBearerWith<bearer_format<"JWT">, scheme_name<"hb">, description<"H">>>(
        "hb", R"({"type":"http","description":"H","scheme":"bearer","bearerFormat":"JWT"})");
    check_scheme<HttpBasicRealm<"r", scheme_name<"ba">, description<"B">>>(
        "ba", R"({"type":"http","description":"B","scheme":"basic"})");
    check_scheme<HttpDigestWith<scheme_name<"d">>>("d", R"({"type":"http","scheme":"digest"})");
    check_scheme<ApiKeyHeader<"X", scheme_name<"k">, description<"K">>>(
        "k", R"({"type":"apiKey","description":"K","in":"header","name":"X"})");
    check_scheme<ApiKeyQuery<"q", scheme_name<"k">>>("k", R"({"type":"apiKey","in":"query","name":"q"})");
    check_scheme<ApiKeyCookie<"c", scheme_name<"k">>>("k", R"({"type":"apiKey","in":"cookie","name":"c"})");
  }

  TEST_CASE("credentials: options change nothing for clients") {
    const Handler bearer =
        make_handler([](const HttpBearerWith<scheme_name<"x">>& found) { return found.credentials; });
    CHECK(with_header(bearer, "authorization", "Bearer t") == R"(200 "t")");
    CHECK(challenge_of(bearer) == "Bearer");
    const Handler basic = make_handler(
        [](const HttpBasicRealm<"r", scheme_name<"x">>& found) { return found.username + "/" + found.password; });
    CHECK(with_header(basic, "authorization", "Basic dTpwOnE=") == R"(200 "u/p:q")");
    CHECK(challenge_of(basic) == R"(Basic realm="r")");
    const Handler digest = make_handler([](const HttpDigestWith<scheme_name<"x">>& found) { return found.scheme; });
    CHECK(with_header(digest, "authorization", "digest x") == R"(200 "digest")");
    CHECK(challenge_of(digest) == "Digest");
  }

  TEST_CASE("credentials: keys are taken from header, query and cookie") {
    const Handler header = make_handler([](const ApiKeyHeader<"X-Key", scheme_name<"x">>& found) { return found.key; });
    CHECK(with_header(header, "x-key", "secret") == R"(200 "secret")");
    CHECK(with_header(header, "x-key", "").starts_with("401"));
    CHECK(challenge_of(header) == "APIKey");
    const Handler query = make_handler([](const ApiKeyQuery<"k">& found) { return found.key; });
    CHECK(get(query, "/?k=a%20b") == R"(200 "a b")");
    CHECK(get(query, "/?k=").starts_with("401"));
    const Handler cookie =
        make_handler([](std::optional<ApiKeyCookie<"c">> found) { return found ? found->key : "none"; });
    CHECK(with_header(cookie, "cookie", "a=1; c=2") == R"(200 "2")");
    CHECK(get(cookie, "/") == R"(200 "none")");
  }

  TEST_CASE("credentials: basic ones that are malformed are none") {
    const Handler basic = make_handler([](const HttpBasic& found) { return found.username; });
    for (const char* wrong : {"Basic", "Basic ", "Basic !!!!", "Basic dQ==", "Bearer dTpw", "Basic dTpw dTpw"})
      CHECK(with_header(basic, "authorization", wrong) == R"(401 {"detail":"Not authenticated"})");
    CHECK(with_header(basic, "authorization", "basic dTpw") == R"(200 "u")");
    CHECK(with_header(basic, "authorization", "Basic Og==") == R"(200 "")");
  }
}
