// SPDX-License-Identifier: BSL-1.0
// What operations ask for to authenticate.
#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/openapi/document.hpp"

using namespace coroute;

namespace {

nlohmann::json operator""_j(const char* text, std::size_t size) {
  return nlohmann::json::parse(std::string_view(text, size));
}

nlohmann::json document_of(std::vector<Operation> operations, const OpenApiInfo& info = {}) {
  return nlohmann::json::parse(openapi_document(info, operations));
}

std::shared_ptr<const SecurityScheme> scheme(std::string name, std::string json = "{}") {
  return std::make_shared<const SecurityScheme>(SecurityScheme{.name = std::move(name), .json = std::move(json)});
}

}  // namespace

TEST_SUITE("openapi") {
  TEST_CASE("security requirements: schemes are asked for together, each once, with all scopes that are asked for") {
    const auto oauth = scheme("O", R"({"type": "oauth2"})");
    const auto key = scheme("K", R"({"type": "apiKey"})");
    const nlohmann::json document = document_of(
        {{.method = "get", .path = "/x", .name = "x", .security = {{oauth, {"a"}}, {key, {}}, {oauth, {"b", "a"}}}}});
    CHECK(document["paths"]["/x"]["get"]["security"] == R"([{"O": ["a", "b"], "K": []}])"_j);
    CHECK(document["components"]["securitySchemes"] == R"({"O": {"type": "oauth2"}, "K": {"type": "apiKey"}})"_j);
    CHECK_FALSE(document["components"].contains("schemas"));
  }

  TEST_CASE("security requirements: schemes are requirements each when that is asked for") {
    const auto oauth = scheme("O", R"({"type": "oauth2"})");
    const auto key = scheme("K", R"({"type": "apiKey"})");
    const nlohmann::json document = document_of(
        {{.method = "get", .path = "/x", .name = "x", .security = {{oauth, {"a"}}, {key, {}, true}, {oauth, {"b"}}}}},
        {.combine_security_schemes = false});
    CHECK(document["paths"]["/x"]["get"]["security"] == R"([{"O": ["a", "b"]}, {"K": []}])"_j);
  }

  TEST_CASE("security requirements: each scheme that may lack is an alternative beside what is asked for in any case") {
    const auto security = [&](std::vector<SecurityRequirement> asked) {
      const Operation made{.method = "get", .path = "/x", .name = "x", .security = std::move(asked)};
      return document_of({made})["paths"]["/x"]["get"].value("security", nlohmann::json());
    };
    CHECK(security({}) == nullptr);
    CHECK(security({{scheme("A"), {}, true}}) == R"([{"A": []}])"_j);
    CHECK(security({{scheme("A"), {"s"}, true}, {scheme("B"), {}, true}}) == R"([{"A": ["s"]}, {"B": []}])"_j);
    CHECK(security({{scheme("A"), {}, true}, {scheme("B")}}) == R"([{"B": []}, {"A": [], "B": []}])"_j);
    CHECK(security({{scheme("A"), {}, true}, {scheme("A"), {"s"}}}) == R"([{"A": ["s"]}])"_j);
    CHECK(security({{scheme("A"), {"s"}}, {scheme("A"), {}, true}}) == R"([{"A": ["s"]}])"_j);
  }

  TEST_CASE("security requirements: a scheme that is no JSON object is an error that names it") {
    for (const char* text : {"", "[]", "{"}) {
      const Operation made{.method = "get", .path = "/x", .name = "x", .security = {{scheme("Key", text)}}};
      try {
        static_cast<void>(document_of({made}));
        FAIL("made");
      } catch (const std::invalid_argument& error) {
        CHECK(std::string(error.what()).starts_with("security scheme \"Key\" is not "));
      }
    }
  }
}
