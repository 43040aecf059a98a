// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/conformance_apps.hpp"
#include "coroute/openapi/document.hpp"
#include "coroute/openapi/operation_id.hpp"
#include "coroute/params/parameter.hpp"
#include "support/answer_of.hpp"

namespace shop {

enum class Color { red, green };

struct Node {
  int id;
  std::string name;
  double ratio = 0.5;
  Color color = Color::red;
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> when;
  std::vector<Node> children;
  std::map<std::string, int> meta;
  coroute::Literal<"a", "b"> kind;
  static constexpr auto schema =
      coroute::fields(
          coroute::field<&Node::name>(coroute::min_length(1), coroute::max_length(20), coroute::pattern<"^[a-z]+$">,
                                      coroute::description<"the name">, coroute::example<"abc">),
          coroute::field<&Node::ratio>(coroute::gt(0), coroute::lt(1), coroute::defaulted),
          coroute::field<&Node::color>(coroute::defaulted), coroute::field<&Node::children>(coroute::defaulted),
          coroute::field<&Node::meta>(coroute::defaulted), coroute::field<&Node::kind>(coroute::defaulted))
          .describe("A node.");
};

struct Err {
  std::string message;
};

struct Inv {
  std::string id;
};

/// Stands for an uploaded file.
class Upload {};

}  // namespace shop

template <>
struct coroute::Codec<shop::Upload> {
  static void read(JsonReader& in, shop::Upload&, const detail::Rules&, const detail::Loc&, detail::Problems&) {
    in.skip();
  }
  static void parse(std::string_view, shop::Upload&, const detail::Rules&, const detail::Loc&, detail::Problems&) {}
  static void write(JsonWriter& out, const shop::Upload&) { out.null(); }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    node.file();
    node.rules(rules);
  }
};

using namespace coroute;

namespace {

template <class T, FixedString name, auto... constraints>
using Form = detail::Parameter<ParameterIn::Form, T, name, constraints...>;

using Parameters = std::vector<const detail::ParameterInfo*>;

template <class... P>
Parameters parameters() {
  return {&P::info()...};
}

std::shared_ptr<const SecurityScheme> scheme(std::string name, std::string json) {
  return std::make_shared<SecurityScheme>(SecurityScheme{std::move(name), std::move(json)});
}

Operation operation(std::string method, std::string path, std::string name) {
  Operation made;
  made.operation_id = fastapi_operation_id(name, path, method);
  made.method = std::move(method);
  made.path = std::move(path);
  made.name = std::move(name);
  return made;
}

Operation get_one() {
  Operation made = operation("get", "/items/{item_id}", "get_item");
  made.operation_id = "getItem";
  made.summary = "Get one";
  made.tags = {"items"};
  made.deprecated = true;
  made.parameters =
      parameters<Header<std::optional<std::string>, "x_token">, Cookie<std::optional<std::string>, "ads_id">,
                 Path<int, "item_id", ge(1), le(1000), title<"The ID">, description<"id of it">, example<3>>,
                 Query<shop::Color, "color">,
                 Query<std::optional<std::string>, "q", alias<"item-query">, min_length(3), max_length(50),
                       pattern<"^x">, deprecated>,
                 Query<std::vector<std::string>, "tags", defaulted>, Query<int, "limit", defaults_to(5), gt(0), lt(10)>,
                 Query<bool, "flag", defaults_to(false)>, Query<std::optional<std::chrono::year_month_day>, "when">,
                 Query<std::string, "secret", hidden>>();
  made.response_schema = schema_of<shop::Node>;
  made.response_description = "The node";
  made.responses = {{"404", {.description = "Nope", .schema = schema_of<shop::Err>}},
                    {"302", {.description = "moved"}}};
  return made;
}

Operation delete_one() {
  Operation made = operation("delete", "/items/{item_id}", "delete_item");
  made.parameters = parameters<Path<int, "item_id">>();
  made.status = 204;
  return made;
}

Operation create_item() {
  Operation made = operation("post", "/items/", "create_item");
  made.tags = {"items"};
  made.description = "Create an item.\n\nLong **markdown** text.";
  made.parameters = parameters<Body<shop::Node>>();
  made.body_examples = R"({"normal": {"summary": "N", "value": {"id": 1, "name": "a"}}})";
  made.status = 201;
  made.response_schema = schema_of<shop::Node>;
  return made;
}

Operation put_multi() {
  Operation made = operation("put", "/multi/{uid}", "put_multi");
  made.parameters = parameters<Path<Uuid, "uid">, Body<shop::Node, "node">, Body<int, "importance", gt(0)>>();
  made.embeds_body = true;
  return made;
}

Operation login() {
  Operation made = operation("post", "/login", "login");
  made.parameters = parameters<Form<std::string, "username">, Form<std::string, "password", format<"password">>>();
  return made;
}

Operation upload() {
  Operation made = operation("post", "/upload", "upload");
  made.parameters = parameters<Form<shop::Upload, "file">, Form<std::optional<std::vector<shop::Upload>>, "files">,
                               Form<std::optional<std::string>, "note">>();
  return made;
}

Operation secure() {
  Operation made = operation("get", "/secure", "secure");
  const auto oauth =
      scheme("OAuth2PasswordBearer",
             R"({"type": "oauth2", "flows": {"password": {"scopes": {"me": "Read"}, "tokenUrl": "token"}}})");
  made.security = {{oauth, {"me"}},
                   {scheme("APIKeyHeader", R"({"type": "apiKey", "in": "header", "name": "X-API-Key"})"), {}},
                   {scheme("HTTPBasic", R"({"type": "http", "scheme": "basic"})"), {}},
                   {scheme("HTTPBearer", R"({"type": "http", "scheme": "bearer"})"), {}},
                   {oauth, {"me"}}};
  return made;
}

Operation text() {
  Operation made = operation("get", "/text", "text");
  made.response_media_type = "text/plain";
  return made;
}

Operation stream(std::string path, std::string name, std::string media_type) {
  Operation made = operation("get", std::move(path), std::move(name));
  made.response_media_type = std::move(media_type);
  made.item_schema = schema_of<shop::Err>;
  return made;
}

Operation create_invoice() {
  Operation notification = operation("post", "{$callback_url}/invoices/{$request.body.id}", "invoice_notification");
  notification.parameters = parameters<Body<shop::Inv>>();
  Operation made = operation("post", "/invoices/", "create_invoice");
  made.parameters = parameters<Query<std::optional<HttpUrl>, "callback_url">, Body<shop::Inv>>();
  made.callbacks = {{.name = "invoice_notification",
                     .expression = notification.path,
                     .operation = std::make_shared<const Operation>(notification)}};
  return made;
}

OpenApiInfo about() {
  OpenApiInfo info{.title = "Golden",
                   .version = "1.2.3",
                   .summary = "sum",
                   .description = "desc **md**",
                   .terms_of_service = "https://x.io/tos",
                   .contact = {.name = "C", .url = "https://x.io/", .email = "c@x.io"},
                   .license = {.name = "MIT", .identifier = "MIT"},
                   .servers = {{.url = "https://api.x.io", .description = "prod"}},
                   .tags = {{.name = "items",
                             .description = "Item ops",
                             .external_docs = {.url = "https://x.io/", .description = "ext"}}},
                   .combine_security_schemes = false};
  Operation subscription = operation("post", "new-subscription", "new_subscription");
  subscription.description = "When a user subscribes.";
  subscription.parameters = parameters<Body<shop::Inv>>();
  info.webhooks.push_back(std::move(subscription));
  return info;
}

std::vector<Operation> all_operations() {
  std::vector<Operation> all{get_one(), delete_one(), create_item(), put_multi(), login(), upload(), secure(), text()};
  all.push_back(stream("/jsonl", "gjsonl", "application/jsonl"));
  all.push_back(stream("/sse", "gsse", "text/event-stream"));
  all.push_back(create_invoice());
  return all;
}

std::string data_file(const std::string& name) {
#ifdef COROUTE_TEST_DATA
  return std::string(COROUTE_TEST_DATA) + "/openapi/" + name;
#else
  const std::string here = __FILE__;
  return here.substr(0, here.rfind('/') + 1) + name;
#endif
}

nlohmann::json read_golden() {
  std::ifstream file(data_file("golden.json"));
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

}  // namespace

TEST_SUITE("openapi") {
  TEST_CASE("golden: the document of FastAPI's twin has the same paths, webhooks, components and metadata") {
    const nlohmann::json golden = read_golden();
    const nlohmann::json ours = nlohmann::json::parse(openapi_document(about(), all_operations()));
    for (const auto& [path, methods] : golden["paths"].items()) {
      CAPTURE(path);
      REQUIRE(ours["paths"].contains(path));
      CHECK(nlohmann::json::diff(methods, ours["paths"][path]) == nlohmann::json::array());
    }
    for (const auto& [name, schema] : golden["components"]["schemas"].items()) {
      CAPTURE(name);
      CHECK(ours["components"]["schemas"].value(name, nlohmann::json()) == schema);
    }
    CHECK(nlohmann::json::diff(golden, ours) == nlohmann::json::array());
  }

  TEST_CASE("golden: an application that is declared as users do has the same document") {
    const nlohmann::json golden = read_golden();
    const nlohmann::json ours = nlohmann::json::parse(conformance::golden_app().openapi());
    CHECK(nlohmann::json::diff(golden, ours) == nlohmann::json::array());
  }

  TEST_CASE("golden: the application serves that document") {
    App app = conformance::golden_app();
    const std::string text = app.openapi();
    const Handler handler = std::move(app).handler();
    CHECK(testing::answer(handler, "GET", "/openapi.json").content() == text);
    CHECK(testing::get(handler, "/items/3?color=red&item-query=xyz&tags=a") ==
          R"(200 {"id":3,"name":"xyz","ratio":0.5,"color":"red","when":null,"children":[],"meta":{"a":5},"kind":"a"})");
    CHECK(testing::get(handler, "/items/404?color=red") == R"(404 {"detail":{"message":"no such item"}})");
    CHECK(testing::post(handler, "/items/", R"({"id":1,"name":"a"})").starts_with(R"(201 {"id":1,"name":"a")"));
    CHECK(testing::get(handler, "/text") == "200 text");
    CHECK(testing::post(handler, "/invoices/", R"({"id":"7"})") == R"(200 "7")");
  }

  TEST_CASE("golden: building the document again gives the same text") {
    CHECK(openapi_document(about(), all_operations()) == openapi_document(about(), all_operations()));
  }

  TEST_CASE("golden: the root's members stand in FastAPI's order") {
    const auto document = nlohmann::ordered_json::parse(openapi_document(about(), all_operations()));
    std::vector<std::string> keys;
    for (const auto& [key, value] : document.items())
      keys.push_back(key);
    CHECK(keys == std::vector<std::string>{"openapi", "info", "servers", "paths", "webhooks", "components", "tags"});
  }

  TEST_CASE("golden: components stand in alphabetical order and schemas in the order of the specification") {
    const auto document = nlohmann::ordered_json::parse(openapi_document(about(), all_operations()));
    const auto& schemas = document["components"]["schemas"];
    std::vector<std::string> names;
    for (const auto& [name, schema] : schemas.items())
      names.push_back(name);
    CHECK(std::is_sorted(names.begin(), names.end()));
    CHECK(schemas["Node-Input"]["properties"]["name"].dump() ==
          R"({"type":"string","maxLength":20,"minLength":1,"pattern":"^[a-z]+$","title":"Name",)"
          R"("description":"the name","examples":["abc"]})");
    CHECK(schemas["Err"].dump() == R"({"properties":{"message":{"type":"string","title":"Message"}},"type":"object",)"
                                   R"("required":["message"],"title":"Err"})");
  }
}
