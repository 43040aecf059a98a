// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: parameters of the path and the query.
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

#include <doctest/doctest.h>

#include "guide/errors_of.hpp"

using namespace coroute;
using coroute::testing::errors_of;

namespace {

namespace paths {
// [path]
enum class ModelName { alexnet, resnet, lenet };

struct ModelAnswer {
  ModelName model_name;
  std::string message;
};

Json read_item(Path<int, "item_id"> item_id) {
  return Json{{"item_id", *item_id}};
}

ModelAnswer get_model(Path<ModelName, "model_name"> model_name) {
  if (*model_name == ModelName::lenet) return {model_name, "LeCNN all the images"};
  return {model_name, "Have some residuals"};
}

Json read_file(Path<std::string, "file_path"> file_path) {
  return Json{{"file_path", *file_path}};
}

App make_app() {
  App app;
  app.get("/users/me", [] { return Json{{"user_id", "the current user"}}; });  // before {user_id}: the first match wins
  app.get("/users/{user_id}", [](Path<std::string, "user_id"> user_id) { return Json{{"user_id", *user_id}}; });
  app.get("/items/{item_id}", read_item);
  app.get("/models/{model_name}", get_model);
  app.get("/files/{file_path:path}", read_file);  // takes slashes, too
  return app;
}
// [/path]
}  // namespace paths

namespace queries {
// [query]
struct Page {
  int skip;
  int limit;
};

Page read_items(Query<int, "skip", defaults_to(0)> skip, Query<int, "limit", defaults_to(10)> limit) {
  return {skip, limit};
}

Json read_item(Path<std::string, "item_id"> item_id,          // in the path
               Query<std::string, "needy"> needy,             // required
               Query<std::optional<std::string>, "q"> q,      // empty without ?q=
               Query<bool, "short", defaults_to(false)> s) {  // 1, true, on, yes in any case
  Json item{{"item_id", *item_id}, {"needy", *needy}};
  if (*q) item["q"] = **q;
  if (!*s) item["description"] = "This is an amazing item that has a long description";
  return item;
}
// [/query]
}  // namespace queries

namespace query_rules {
// [query_rules]
using Strings = std::vector<std::string>;

void check_id(const std::string& id) {
  if (!id.starts_with("isbn-") && !id.starts_with("imdb-")) throw std::invalid_argument("wrong ID format");
}

Json search(Query<std::optional<std::string>, "q", min_length(3), max_length(50), pattern<"^fixed">> q,
            Query<Strings, "tag", default_factory<[] { return Strings{"foo", "bar"}; }>> tags,
            Query<std::optional<std::string>, "id", check<check_id>> id,
            Query<std::optional<std::string>, "item_query", alias<"item-query">, title<"Query string">,
                  description<"Looked for in the *whole* text">, deprecated>
                item_query,
            Query<std::optional<std::string>, "trace", hidden> trace) {  // not in documents
  Json found{{"tags", *tags}, {"traced", trace->has_value()}};
  if (*q) found["q"] = **q;
  if (*id) found["id"] = **id;
  if (*item_query) found["item-query"] = **item_query;
  return found;
}
// [/query_rules]
}  // namespace query_rules

namespace path_rules {
// [path_rules]
Json read_item(Path<int, "item_id", title<"The ID of the item">, ge(1), le(1000)> item_id,
               Query<double, "size", gt(0), lt(10.5)> size) {
  return Json{{"item_id", *item_id}, {"size", *size}};
}
// [/path_rules]
}  // namespace path_rules

namespace query_models {
// [query_model]
struct FilterParams {
  int limit = 100;
  int offset = 0;
  Literal<"created_at", "updated_at"> order_by;
  std::vector<std::string> tags;
  static constexpr auto schema =
      fields(field<&FilterParams::limit>(defaulted, gt(0), le(100)), field<&FilterParams::offset>(defaulted, ge(0)),
             field<&FilterParams::order_by>(defaulted), field<&FilterParams::tags>(defaulted))
          .forbid_extra();
};

FilterParams read_items(Query<FilterParams> filter) {  // no name: each of its fields is a parameter
  return filter;
}

struct Paging {  // parameters of several kinds, to be used together
  Query<int, "skip", defaults_to(0), ge(0)> skip;
  Query<int, "limit", defaults_to(100), le(100)> limit;
  Header<std::optional<std::string>, "x_page_token"> page_token;
};

Json read_users(Params<Paging> paging) {
  return Json{{"skip", *paging->skip}, {"limit", *paging->limit}, {"token", paging->page_token->value_or("none")}};
}
// [/query_model]
}  // namespace query_models

namespace headers_and_cookies {
// [header]
Json read_header(Header<std::optional<std::string>, "user_agent"> user_agent,  // user-agent
                 Header<std::vector<std::string>, "x_token", defaulted> tokens,
                 Header<int, "strange_header", keep_underscores, defaults_to(0)> strange) {
  return Json{{"user_agent", user_agent->value_or("")}, {"tokens", *tokens}, {"strange", *strange}};
}

Json read_cookie(Cookie<std::optional<std::string>, "ads_id"> ads_id) {
  return Json{{"ads_id", ads_id->value_or("none")}};
}
// [/header]

// [header_model]
struct CommonHeaders {
  std::string host;
  bool save_data = false;
  std::optional<std::string> if_modified_since;
  std::vector<std::string> x_tag;
  static constexpr auto schema =
      fields(field<&CommonHeaders::save_data>(defaulted), field<&CommonHeaders::x_tag>(defaulted));
};

struct Cookies {
  std::string session_id;
  std::optional<std::string> fatebook_tracker;
};

CommonHeaders read_headers(Header<CommonHeaders> headers) {
  return headers;
}

Cookies read_cookies(Cookie<Cookies> cookies) {
  return cookies;
}
// [/header_model]
}  // namespace headers_and_cookies

}  // namespace

TEST_SUITE("guide") {
  TEST_CASE("guide: path parameters are read by their type, and the first route that matches answers") {
    TestClient client(paths::make_app());
    CHECK(client.get("/items/3").json() == Json{{"item_id", 3}});
    CHECK(errors_of(client.get("/items/foo")) == "path.item_id: int_parsing");
    CHECK(client.get("/users/me").json()["user_id"] == "the current user");
    CHECK(client.get("/users/ada").json()["user_id"] == "ada");
  }

  TEST_CASE("guide: an enumeration takes the names of its values") {
    TestClient client(paths::make_app());
    CHECK(client.get("/models/lenet").text() == R"({"model_name":"lenet","message":"LeCNN all the images"})");
    CHECK(client.get("/models/resnet").json()["message"] == "Have some residuals");
    CHECK(errors_of(client.get("/models/vgg")) == "path.model_name: enum");
  }

  TEST_CASE("guide: a path convertor takes the rest of the path") {
    TestClient client(paths::make_app());
    CHECK(client.get("/files/home/ada/notes.txt").json()["file_path"] == "home/ada/notes.txt");
    CHECK(client.get("/files//etc").json()["file_path"] == "/etc");
  }

  TEST_CASE("guide: query parameters have defaults, are optional or required") {
    App app;
    app.get("/items", queries::read_items);
    app.get("/items/{item_id}", queries::read_item);
    TestClient client(std::move(app));
    CHECK(client.get("/items").text() == R"({"skip":0,"limit":10})");
    CHECK(client.get("/items?skip=20&limit=5").text() == R"({"skip":20,"limit":5})");
    CHECK(errors_of(client.get("/items?skip=x")) == "query.skip: int_parsing");
    CHECK(errors_of(client.get("/items/foo")) == "query.needy: missing");
    CHECK(client.get("/items/foo?needy=a&q=b").json()["q"] == "b");
    CHECK(!client.get("/items/foo?needy=a").json().contains("q"));
    for (const std::string yes : {"1", "true", "True", "on", "YES"}) {
      CAPTURE(yes);
      CHECK(!client.get("/items/foo?needy=a&short=" + yes).json().contains("description"));
    }
    CHECK(client.get("/items/foo?needy=a&short=off").json().contains("description"));
  }

  TEST_CASE("guide: what a query parameter must satisfy stands with it") {
    App app;
    app.get("/search", query_rules::search);
    const Json document = Json::parse(app.openapi());
    TestClient client(std::move(app));
    CHECK(client.get("/search").json() == Json{{"tags", {"foo", "bar"}}, {"traced", false}});
    CHECK(client.get("/search?tag=a&tag=b").json()["tags"] == Json{"a", "b"});
    CHECK(client.get("/search?q=fixedquery").json()["q"] == "fixedquery");
    CHECK(errors_of(client.get("/search?q=fi")) == "query.q: string_too_short");
    CHECK(errors_of(client.get("/search?q=other")) == "query.q: string_pattern_mismatch");
    CHECK(client.get("/search?id=isbn-1").json()["id"] == "isbn-1");
    CHECK(client.get("/search?id=1").json()["detail"][0]["msg"] == "Value error, wrong ID format");
    CHECK(client.get("/search?item-query=x").json()["item-query"] == "x");
    const Json& parameters = document["paths"]["/search"]["get"]["parameters"];
    REQUIRE(parameters.size() == 4);  // without `trace`
    CHECK(parameters[3]["name"] == "item-query");
    CHECK(parameters[3]["deprecated"] == true);
    CHECK(parameters[3]["description"] == "Looked for in the *whole* text");
  }

  TEST_CASE("guide: what a path parameter must satisfy stands with it") {
    App app;
    app.get("/items/{item_id}", path_rules::read_item);
    TestClient client(std::move(app));
    CHECK(client.get("/items/1?size=10.4").is_success());
    CHECK(client.get("/items/1000?size=0.1").is_success());
    CHECK(errors_of(client.get("/items/0?size=10.5")) == "path.item_id: greater_than_equal, query.size: less_than");
    CHECK(errors_of(client.get("/items/1001?size=0")) == "path.item_id: less_than_equal, query.size: greater_than");
  }

  TEST_CASE("guide: a model or a group of parameters stands for several") {
    App app;
    app.get("/items", query_models::read_items);
    app.get("/users", query_models::read_users);
    TestClient client(std::move(app));
    CHECK(client.get("/items").text() == R"({"limit":100,"offset":0,"order_by":"created_at","tags":[]})");
    CHECK(client.get("/items?order_by=updated_at&tags=a&tags=b").json()["tags"] == Json{"a", "b"});
    CHECK(errors_of(client.get("/items?limit=0")) == "query.limit: greater_than");
    CHECK(errors_of(client.get("/items?tool=plumbus")) == "query.tool: extra_forbidden");
    CHECK(client.get("/users?skip=5").json() == Json{{"skip", 5}, {"limit", 100}, {"token", "none"}});
    CHECK(client.get("/users", {.headers = {{"x-page-token", "abc"}}}).json()["token"] == "abc");
    CHECK(errors_of(client.get("/users?limit=101")) == "query.limit: less_than_equal");
  }

  TEST_CASE("guide: headers are named with hyphens, and repeated ones are a list") {
    App app;
    app.get("/header", headers_and_cookies::read_header);
    app.get("/cookie", headers_and_cookies::read_cookie);
    TestClient client(std::move(app));
    const TestResponse response =
        client.get("/header", {.headers = {{"x-token", "a"}, {"x-token", "b"}, {"strange_header", "5"}}});
    CHECK(response.json() == Json{{"user_agent", "testclient"}, {"tokens", {"a", "b"}}, {"strange", 5}});
    CHECK(client.get("/header", {.headers = {{"strange-header", "5"}}}).json()["strange"] == 0);
    CHECK(client.get("/cookie").json()["ads_id"] == "none");
    CHECK(client.get("/cookie", {.cookies = {{"ads_id", "abc"}}}).json()["ads_id"] == "abc");
  }

  TEST_CASE("guide: a model can be all headers or all cookies") {
    App app;
    app.get("/headers", headers_and_cookies::read_headers);
    app.get("/cookies", headers_and_cookies::read_cookies);
    TestClient client(std::move(app));
    const Json headers = client.get("/headers", {.headers = {{"save-data", "true"}, {"x-tag", "a"}}}).json();
    CHECK(headers["host"] == "testserver");
    CHECK(headers["save_data"] == true);
    CHECK(headers["x_tag"] == Json{"a"});
    CHECK(client.get("/cookies", {.cookies = {{"session_id", "s"}}}).json()["session_id"] == "s");
    CHECK(errors_of(client.get("/cookies")) == "cookie.session_id: missing");
  }
}
