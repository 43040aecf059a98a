// SPDX-License-Identifier: BSL-1.0
// Everything that a document can say, declared as a service declares it.
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance_apps.hpp"
#include "coroute/openapi/operation_id.hpp"

namespace coroute::conformance {
namespace {

enum class Color { red, green };

struct Node {
  int id;
  std::string name;
  double ratio = 0.5;
  Color color = Color::red;
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> when;
  std::vector<Node> children;
  std::map<std::string, int> meta;
  Literal<"a", "b"> kind;
  static constexpr auto schema =
      fields(field<&Node::name>(min_length(1), max_length(20), pattern<"^[a-z]+$">, description<"the name">,
                                example<"abc">),
             field<&Node::ratio>(gt(0), lt(1), defaulted), field<&Node::color>(defaulted),
             field<&Node::children>(defaulted), field<&Node::meta>(defaulted), field<&Node::kind>(defaulted))
          .describe("A node.");
};

struct Err {
  std::string message;
};

struct Inv {
  std::string id;
};

Node get_item(Path<int, "item_id", ge(1), le(1000), title<"The ID">, description<"id of it">, example<3>> item_id,
              Query<Color, "color"> color,
              Query<std::optional<std::string>, "q", alias<"item-query">, min_length(3), max_length(50), pattern<"^x">,
                    deprecated>
                  q,
              Query<std::vector<std::string>, "tags", defaulted> tags,
              Query<int, "limit", defaults_to(5), gt(0), lt(10)> limit, Query<bool, "flag", defaults_to(false)>,
              Query<std::optional<std::chrono::year_month_day>, "when">,
              Query<std::string, "secret", hidden, defaulted>, Header<std::optional<std::string>, "x_token">,
              Cookie<std::optional<std::string>, "ads_id">) {
  if (item_id == 404) throw HttpException(404, Json{{"message", "no such item"}});
  Node node{};
  node.id = item_id;
  node.name = q->value_or("node");
  node.color = color;
  for (const std::string& tag : *tags)
    node.meta.emplace(tag, *limit);
  return node;
}

Json put_multi(Path<Uuid, "uid"> uid, Body<Node, "node"> node, Body<int, "importance", gt(0)> importance) {
  return Json{{"uid", to_text(*uid)}, {"node", node->name}, {"importance", *importance}};
}

Json upload(File<UploadFile, "file"> file, File<std::optional<std::vector<UploadFile>>, "files"> files,
            Form<std::optional<std::string>, "note"> note) {
  return Json{{"size", file->size()}, {"files", *files ? (*files)->size() : 0}, {"note", note->value_or("")}};
}

using Oauth2 = OAuth2PasswordBearer<"token", scopes<"me", "Read">>;

Json secure(Security<from_request<Oauth2>, "me"> bearer, const ApiKeyHeader<"X-API-Key">&, const HttpBasic& user,
            const HttpBearer&) {
  return Json{{"token", bearer->token}, {"user", user.username}};
}

void add_item_routes(App& app) {
  app.get(
      "/items/{item_id}", &get_item,
      {.name = "get_item",
       .tags = {"items"},
       .summary = "Get one",
       .operation_id = "getItem",
       .deprecated = true,
       .response_description = "The node",
       .responses = {{"404", {.description = "Nope", .schema = schema_of<Err>}}, {"302", {.description = "moved"}}}});
  app.del("/items/{item_id}", [](Path<int, "item_id">) {}, {.status = 204, .name = "delete_item"});
  app.post("/items/", [](const Node& node) { return node; },
           {.status = 201,
            .name = "create_item",
            .tags = {"items"},
            .description = "Create an item.\n\nLong **markdown** text.",
            .body_examples = R"({"normal": {"summary": "N", "value": {"id": 1, "name": "a"}}})"});
  app.put("/multi/{uid}", &put_multi, {.name = "put_multi"});
}

void add_form_routes(App& app) {
  app.post("/login",
           [](Form<std::string, "username"> username, Form<std::string, "password", format<"password">>) {
             return Json{{"username", *username}};
           },
           {.name = "login"});
  app.post("/upload", &upload, {.name = "upload"});
  app.get("/secure", &secure, {.name = "secure"});
}

void add_streams(App& app) {
  app.get("/text", [] { return "text"; }, {.name = "text", .answer_as = AnswerAs::PlainText});
  app.get("/jsonl", [] { return Response("{\"message\":\"a\"}\n{\"message\":\"b\"}\n", "application/jsonl"); },
          {.name = "gjsonl", .response_media_type = "application/jsonl", .item_schema = schema_of<Err>});
  app.get("/sse", [] { return Response("data: {\"message\":\"a\"}\n\n", "text/event-stream; charset=utf-8"); },
          {.name = "gsse", .response_media_type = "text/event-stream", .item_schema = schema_of<Err>});
}

void add_invoices(App& app) {
  OutgoingRouter events;
  events.post("{$callback_url}/invoices/{$request.body.id}", [](const Inv&) {}, {.name = "invoice_notification"});
  app.post("/invoices/",
           [](const Inv& invoice, Query<std::optional<HttpUrl>, "callback_url">) { return Json(invoice.id); },
           {.name = "create_invoice", .callbacks = events.routes()});
  app.webhooks().post("new-subscription", [](const Inv&) {},
                      {.name = "new_subscription", .description = "When a user subscribes."});
}

}  // namespace

App golden_app() {
  App app({.title = "Golden",
           .version = "1.2.3",
           .summary = "sum",
           .description = "desc **md**",
           .terms_of_service = "https://x.io/tos",
           .contact = {.name = "C", .url = "https://x.io/", .email = "c@x.io"},
           .license = {.name = "MIT", .identifier = "MIT"},
           .servers = {{.url = "https://api.x.io", .description = "prod"}},
           .openapi_tags = {{.name = "items",
                             .description = "Item ops",
                             .external_docs = {.url = "https://x.io/", .description = "ext"}}},
           .combine_security_schemes = false,
           .generate_unique_id_function = fastapi_operation_id});
  add_item_routes(app);
  add_form_routes(app);
  add_streams(app);
  add_invoices(app);
  return app;
}

}  // namespace coroute::conformance
