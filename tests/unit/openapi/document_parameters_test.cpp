// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "support/openapi_document.hpp"

using namespace coroute;
using namespace coroute::testing;

TEST_SUITE("openapi") {
  TEST_CASE("parameters: path, query, header and cookie in this order, each kind as declared") {
    const nlohmann::json all =
        parameters<Cookie<int, "c">, Header<int, "h_h">, Query<int, "q2">, Query<int, "q1">, Path<int, "p">>();
    std::string names;
    for (const nlohmann::json& each : all)
      names += each["in"].get<std::string>() + ":" + each["name"].get<std::string>() + " ";
    CHECK(names == "path:p query:q2 query:q1 header:h-h cookie:c ");
  }

  TEST_CASE("parameters: the title of a header is its name on the wire") {
    CHECK(parameters<Header<int, "x_token">>()[0]["schema"]["title"] == "X-Token");
    CHECK(parameters<Header<int, "x_token", keep_underscores>>()[0]["schema"]["title"] == "X Token");
  }

  TEST_CASE("parameters: required is what has no default and may not be null") {
    const nlohmann::json all =
        parameters<Query<int, "a">, Query<std::optional<int>, "b">, Query<int, "c", defaults_to(1)>>();
    CHECK(all[0]["required"] == true);
    CHECK(all[1]["required"] == false);
    CHECK(all[2]["required"] == false);
    CHECK(all[2]["schema"]["default"] == 1);
    CHECK_FALSE(all[1]["schema"].contains("default"));
  }

  TEST_CASE("parameters: description and deprecation are said of the parameter and of its schema") {
    const nlohmann::json one = parameters<Query<int, "a", description<"d">, deprecated>>()[0];
    CHECK(one["description"] == "d");
    CHECK(one["deprecated"] == true);
    CHECK(one["schema"]["description"] == "d");
    CHECK(one["schema"]["deprecated"] == true);
  }

  TEST_CASE("parameters: json_schema_extra is added to the schema, openapi_examples to the parameter") {
    const nlohmann::json one =
        parameters<Query<int, "a", json_schema_extra<R"({"x-unit":"m","title":"Length"})">,
                         openapi_examples<R"({"usual":{"summary":"A usual one","value":3}})">>>()[0];
    CHECK(one["schema"] == nlohmann::json{{"type", "integer"}, {"title", "Length"}, {"x-unit", "m"}});
    CHECK(one["examples"] == nlohmann::json::parse(R"({"usual":{"summary":"A usual one","value":3}})"));
  }

  TEST_CASE("parameters: an extra that is no JSON object is an error when the document is built") {
    const auto broken = [] { parameters<Query<int, "a", json_schema_extra<"[1]">>>(); };
    CHECK_THROWS_WITH_AS(broken(), "json_schema_extra is not a JSON object", std::invalid_argument);
  }

  TEST_CASE("parameters: the same one twice is described once, and one that is required wins") {
    using Optional = Query<std::optional<int>, "q">;
    using Required = Query<int, "q">;
    using Defaulted = Query<int, "q", defaults_to(3)>;
    CHECK(parameters<Optional, Required>().size() == 1);
    CHECK(parameters<Optional, Required>()[0]["required"] == true);
    CHECK(parameters<Required, Optional>()[0]["required"] == true);
    CHECK(parameters<Optional, Defaulted>()[0]["schema"]["default"] == 3);
  }

  TEST_CASE("parameters: one name in the query and in a header are two parameters") {
    CHECK(parameters<Query<int, "q">, Header<int, "q">>().size() == 2);
  }

  TEST_CASE("parameters: a model without a name is one parameter for each of its fields but the hidden ones") {
    const nlohmann::json all = parameters<Query<Paging>>();
    REQUIRE(all.size() == 3);
    CHECK(all[0] == R"({"name": "skip", "in": "query", "required": false, "deprecated": true,
                        "description": "how many to leave out",
                        "schema": {"type": "integer", "minimum": 0, "default": 0, "title": "Skip", "deprecated": true,
                                   "description": "how many to leave out"}})"_j);
    CHECK(all[1]["schema"] == R"({"anyOf": [{"type": "integer"}, {"type": "null"}], "title": "Limit"})"_j);
    CHECK(all[2]["required"] == true);
  }

  TEST_CASE("parameters: the fields of a header model have hyphens") {
    const nlohmann::json all = parameters<Header<Paging>>();
    CHECK(all[2]["name"] == "order-by");
    CHECK(all[2]["schema"]["title"] == "Order By");
  }

  TEST_CASE("parameters: a hidden one is not described but can still be wrong") {
    const nlohmann::json operation =
        get_x([](Operation& made) { made.parameters = {&Query<int, "q", hidden>::info()}; });
    CHECK_FALSE(operation.contains("parameters"));
    CHECK(operation["responses"].contains("422"));
  }
}
