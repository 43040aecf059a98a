// SPDX-License-Identifier: BSL-1.0
// Two routes and their docs pages, at the root and mounted below /sub: for tests in a real browser.
// usage: docs_app --port N
#include <charconv>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/openapi/docs.hpp"
#include "coroute/server/server.hpp"

namespace {

using namespace coroute;

// Words and markup of hostile authors are in it too: none of them may run or load anything.
constexpr std::string_view document_head = R"({"openapi":"3.1.0","info":{"title":"Shop","version":"1.0",
"description":"Sells *things*. <script>alert(1)</script><a href=\"/openapi.json\">text</a>"},"servers":[{"url":")";
constexpr std::string_view document_tail = R"("}],"paths":{
"/items/{item_id}":{"get":{"tags":["items"],"summary":"Read Item","operationId":"read_item","parameters":[
{"name":"item_id","in":"path","required":true,"schema":{"type":"integer","title":"Item Id"}}],"responses":{
"200":{"description":"Successful Response","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Item"}}}}}}},
"/items":{"post":{"tags":["items"],"summary":"Create Item","operationId":"create_item","requestBody":{"required":true,
"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Item"}}}},"responses":{
"201":{"description":"Created","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Item"}}}}},
"security":[{"login":["write"]}]}}},
"components":{"schemas":{"Item":{"type":"object","title":"Item","required":["name"],"properties":{
"name":{"type":"string","title":"Name","maxLength":80},"price":{"type":"number","title":"Price","exclusiveMinimum":0}}}},
"securitySchemes":{"login":{"type":"oauth2","flows":{"authorizationCode":{"authorizationUrl":"/authorize",
"tokenUrl":"/token","scopes":{"write":"Create items"}}}}}}})";

Async<Response> create_item(Request& request) {
  const std::string_view body = co_await request.body();
  co_return json_text(std::string(body), Status::Created);
}

/// An authorization server in which everybody is logged in already.
Response authorize(const Request& request) {
  return redirect(std::string(request.query("redirect_uri").value_or("/")) +
                  "?code=granted&state=" + std::string(request.query("state").value_or("")));
}

Handler shop() {
  RouteCollection routes;
  routes.add_route(Method::Get, "/items/{item_id:int}", [](Request& request) {
    return Async<Response>::ready(
        json_text(R"({"name":"item )" + std::string(request.path_param("item_id")) + R"(","price":1.5})"));
  });
  routes.add_route(Method::Post, "/items", create_item);
  routes.add_route(Method::Get, "/authorize",
                   [](Request& request) { return Async<Response>::ready(authorize(request)); });
  routes.add_route(Method::Post, "/token", [](Request&) {
    return Async<Response>::ready(json_text(R"({"access_token":"granted-token","token_type":"bearer"})"));
  });
  DocsOptions options;
  options.title = "Shop";
  options.swagger_ui_init_oauth = R"({"clientId": "docs"})";
  add_docs_routes(routes, options, [](const Request& request) {
    return std::make_shared<const TaggedText>(std::string(document_head) + std::string(request.root_path()) +
                                              std::string(document_tail));
  });
  return std::move(routes).build();
}

}  // namespace

int main(int argc, char** argv) {
  ServerOptions options;
  options.loops = 1;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--port") {
      std::from_chars(argv[i + 1], argv[i + 1] + std::strlen(argv[i + 1]), options.port);
    }
  }
  RouteCollection routes;
  routes.mount("/sub", shop());
  routes.mount("/", shop());
  Server server(std::move(routes).build(), std::move(options));
  server.run();
  return 0;
}
