// SPDX-License-Identifier: BSL-1.0
#include "conformance_apps.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coroute/json.hpp"

namespace coroute::conformance {
namespace {

using Strings = std::vector<std::string>;

// --- params ---

struct ItemAndQuery {
  std::int64_t item_id;
  std::optional<std::string> q;
};

enum class ModelName { alexnet, resnet, lenet };
struct ModelAnswer {
  ModelName model_name;
};

struct FilePath {
  std::string file_path;
};

struct Limits {
  std::int64_t skip;
  std::int64_t limit;
  bool is_short;
  static constexpr auto schema = fields(field<&Limits::is_short>(alias<"short">));
};

struct Filter {
  std::int64_t limit = 100;
  std::int64_t offset = 0;
  Literal<"created_at", "updated_at"> order_by;
  Strings tags;
  static constexpr auto schema =
      fields(field<&Filter::limit>(defaulted, gt(0), le(100)), field<&Filter::offset>(defaulted, ge(0)),
             field<&Filter::order_by>(defaulted), field<&Filter::tags>(defaulted))
          .forbid_extra();
};

struct HeadersAnswer {
  std::optional<std::string> user_agent;
  std::optional<Strings> x_token;
  static constexpr auto schema = fields(field<&HeadersAnswer::user_agent>(alias<"User-Agent">),
                                        field<&HeadersAnswer::x_token>(alias<"X-Token values">));
};

struct Two {
  std::int64_t a;
  std::int64_t b_;
  std::int64_t c;
  std::int64_t x_h;
  std::int64_t ck;
};

ItemAndQuery read_item(Path<std::int64_t, "item_id"> item_id, Query<std::optional<std::string>, "q"> q) {
  return {item_id, q};
}

HeadersAnswer read_headers(Header<std::optional<std::string>, "user_agent"> user_agent,
                           Header<std::optional<Strings>, "x_token"> x_token) {
  return {user_agent, x_token};
}

Limits read_limits(Query<std::int64_t, "skip", defaults_to(0), ge(0)> skip,
                   Query<std::int64_t, "limit", defaults_to(100), ge(1), le(100)> limit,
                   Query<bool, "short", defaults_to(false)> is_short) {
  return {skip, limit, is_short};
}

Two read_two(Path<std::int64_t, "a"> a, Path<std::int64_t, "b_"> b, Query<std::int64_t, "c"> c,
             Header<std::int64_t, "x_h"> x_h, Cookie<std::int64_t, "ck"> ck) {
  return {a, b, c, x_h, ck};
}

constexpr auto foo_and_bar = [] { return Strings{"foo", "bar"}; };

void add_path_routes(App& app) {
  app.get("/items/{item_id}", &read_item);
  app.get("/path/bool/{v}", [](Path<bool, "v"> v) { return *v; });
  app.get("/path/float/{v}", [](Path<double, "v"> v) { return *v; });
  app.get("/path/range/{v}", [](Path<std::int64_t, "v", ge(1), le(1000)> v) { return *v; });
  app.get("/path/gtlt/{v}", [](Path<double, "v", gt(0), lt(10.5)> v) { return *v; });
  app.get("/path/str/{v}", [](Path<std::string, "v", min_length(3), max_length(5)> v) { return *v; });
  app.get("/models/{model_name}", [](Path<ModelName, "model_name"> name) { return ModelAnswer{name}; });
  app.get("/files/{file_path:path}", [](Path<std::string, "file_path"> path) { return FilePath{path}; });
  app.get("/conv/{n:int}", [](Path<std::int64_t, "n"> n) { return *n; });
  app.get("/uuid/{u}", [](Path<Uuid, "u"> u) { return *u; });
}

void add_query_routes(App& app) {
  app.get("/date", [](Query<std::chrono::year_month_day, "d"> d) { return *d; });
  app.get("/query", [](Query<std::string, "query"> query) { return *query; });
  app.get("/query/int", [](Query<std::int64_t, "query"> query) { return *query; });
  app.get("/query/list",
          [](Query<Strings, "q", default_factory<foo_and_bar>> q) { return std::map<std::string, Strings>{{"q", q}}; });
  app.get("/query/ints", [](Query<std::vector<std::int64_t>, "q"> q) { return *q; });
  app.get("/query/str", [](Query<std::optional<std::string>, "q", alias<"item-query">, min_length(3), max_length(50),
                                 pattern<"^fixedquery$">>
                               q) { return std::map<std::string, std::optional<std::string>>{{"q", q}}; });
  app.get("/query/limits", &read_limits);
  app.get("/qmodel", [](Query<Filter> filter) { return *filter; });
  app.get("/optlist",
          [](Query<std::optional<Strings>, "q"> q) { return std::map<std::string, std::optional<Strings>>{{"q", q}}; });
  app.get("/fl", [](Query<double, "v"> v) { return *v; });
}

void add_header_routes(App& app) {
  app.get("/headers", &read_headers);
  app.get("/headers/req", [](Header<std::string, "x_token"> x_token) { return *x_token; });
  app.get("/cookies", [](Cookie<std::optional<std::string>, "ads_id"> ads_id) {
    return std::map<std::string, std::optional<std::string>>{{"ads_id", ads_id}};
  });
  app.get("/cookies/req", [](Cookie<std::string, "session_id"> session_id) { return *session_id; });
  app.get("/two/{a}/{b_}", &read_two);
}

// --- body ---

struct Item {
  std::string name;
  std::optional<std::string> description;
  double price;
  std::optional<double> tax;
  Strings tags;
  static constexpr auto schema = fields(field<&Item::tags>(defaulted));
};

struct User {
  std::string username;
  std::optional<std::string> full_name;
};

struct Multi {
  std::int64_t item_id;
  std::optional<std::string> q;
  Item item;
  User user;
  std::int64_t importance;
};

struct EmbeddedItem {
  Item item;
};

struct Image {
  std::string url;
  std::string name;
  static constexpr auto schema = fields(field<&Image::name>(min_length(2)));
};
struct Offer {
  std::string name;
  std::vector<Image> images;
};

struct OneNumber {
  std::int64_t n;
  static constexpr auto schema = fields().forbid_extra();
};

struct Cat {
  Literal<"cat"> pet_type;
  std::int64_t meows;
};
struct Dog {
  Literal<"dog"> pet_type;
  double barks;
};
using Pet = OneOf<"pet_type", Cat, Dog>;

Multi put_multi(Path<std::int64_t, "item_id", ge(0), le(1000)> item_id, Query<std::optional<std::string>, "q"> q,
                Body<Item, "item"> item, Body<User, "user"> user, Body<std::int64_t, "importance", gt(0)> importance) {
  return {item_id, q, item, user, importance};
}

}  // namespace

App params_app() {
  App app;
  add_path_routes(app);
  add_query_routes(app);
  add_header_routes(app);
  return app;
}

App body_app() {
  App app;
  app.post("/items/", [](Item item) { return item; });
  app.put("/multi/{item_id}", &put_multi);
  app.put("/embed", [](Body<Item, "item", embed> item) { return EmbeddedItem{item}; });
  app.post("/offers", [](Offer offer) { return offer; });
  app.post("/weights", [](std::map<std::int64_t, double> weights) { return weights; });
  app.post("/strict", [](OneNumber body) { return body; });
  app.post("/pet", [](Pet pet) { return pet; });
  app.get("/getbody", [](Item item) { return item; });
  app.post("/list", [](std::vector<std::int64_t> numbers) { return numbers; });
  app.post("/optional", [](std::optional<Item> item) { return item; });
  return app;
}

}  // namespace coroute::conformance
