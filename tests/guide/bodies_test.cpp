// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: JSON bodies and their models.
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <set>

#include "guide/errors_of.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::errors_of;

namespace {

namespace first_body {
// [body]
struct Item {
  std::string name;
  std::optional<std::string> description;  // an optional is not required
  double price;
  std::optional<double> tax;
};

struct PricedItem {
  int item_id;
  std::string name;
  double price_with_tax;
};

PricedItem update_item(Path<int, "item_id"> item_id, const Item& item,
                       Query<double, "discount", defaults_to(0.0)> discount) {
  return {item_id, item.name, item.price + item.tax.value_or(0) - *discount};
}
// [/body]
}  // namespace first_body

namespace several_bodies {
// [body_several]
struct Item {
  std::string name;
  double price;
};

struct User {
  std::string username;
};

Json update_item(Path<int, "item_id"> item_id, Body<Item, "item"> item, Body<std::optional<User>, "user"> user,
                 Body<int, "importance", gt(0)> importance) {
  return Json{
      {"item_id", *item_id}, {"name", item->name}, {"anonymous", !user->has_value()}, {"importance", *importance}};
}

Item create_item(Body<Item, "item", embed> item) {  // {"item": {"name": ...}} instead of {"name": ...}
  return item;
}
// [/body_several]
}  // namespace several_bodies

namespace fields_of_models {
// [fields]
void check_name(const std::string& name) {
  if (name == "admin") throw std::invalid_argument("this name is taken");
}

struct Account {
  std::string name;
  std::optional<std::string> description;
  double price = 0;
  int day_from = 1;
  int day_to = 31;
  static constexpr auto schema =
      fields(field<&Account::name>(min_length(3), pattern<"^[a-z]+$">, check<check_name>),
             field<&Account::description>(title<"What it is for">, max_length(300)),
             field<&Account::price>(gt(0), coroute::description<"Above zero">),  // since a member has that name, too
             field<&Account::day_from>(defaulted, ge(1), le(31), alias<"from">),
             field<&Account::day_to>(defaulted, alias<"to">));

  void validate() const {  // when all fields are good
    if (day_from > day_to) throw std::invalid_argument("it ends before it begins");
  }
};

Account create_account(const Account& account) {
  return account;
}
// [/fields]
}  // namespace fields_of_models

namespace nested_models {
// [nested]
struct Image {
  HttpUrl url;
  std::string name;
};

struct Item {
  std::string name;
  double price;
  std::set<std::string> tags;
  std::vector<Image> images;
  static constexpr auto schema = fields(field<&Item::tags>(defaulted), field<&Item::images>(defaulted));
};

struct Offer {
  std::string name;
  std::vector<Item> items;
};

struct Cat {
  Literal<"cat"> pet_type;
  int meows;
};
struct Dog {
  Literal<"dog"> pet_type;
  double barks;
};
using Pet = OneOf<"pet_type", Cat, Dog>;  // a union that pet_type tells apart

Offer create_offer(const Offer& offer) {
  return offer;
}
std::size_t create_images(const std::vector<Image>& images) {  // the body is a list
  return images.size();
}
std::map<int, double> create_weights(const std::map<int, double>& weights) {  // keys are numbers, too
  return weights;
}
Pet create_pet(const Pet& pet) {
  return pet;
}
// [/nested]
}  // namespace nested_models

namespace examples {
// [examples]
struct Item {
  std::string name;
  double price;
  static constexpr auto schema =
      fields(field<&Item::name>(example<"Foo">, example<"Bar">), field<&Item::price>(example<35.4>))
          .titled("Thing")
          .describe("Something to *sell*.");
};

App make_app() {
  App app;
  app.post("/items", [](const Item& item) { return item; }, {.body_examples = R"({
              "normal": {"summary": "A normal one", "value": {"name": "Foo", "price": 35.4}},
              "invalid": {"summary": "Is rejected", "value": {"name": "Baz", "price": "thirty five"}}})"});
  return app;
}
// [/examples]
}  // namespace examples

namespace extra_types {
// [extra_types]
struct Stay {
  Uuid id;
  Email guest;
  std::chrono::year_month_day day;
  std::chrono::sys_time<std::chrono::microseconds> starts_at;  // UTC; an offset in the request is taken into account
  std::chrono::seconds process_after;                          // "PT30S" or 30
  std::optional<TimeOfDay> repeat_at;
  Decimal price;  // exact: "19.90" stays "19.90"
  std::set<int> rooms;
  static constexpr auto schema = fields(field<&Stay::price>(max_digits(6), decimal_places(2)));
};

Stay create_stay(const Stay& stay) {
  return stay;
}
// [/extra_types]

// [own_type]
struct Color {  // a type of your own: one text
  int red = 0, green = 0, blue = 0;
};

bool from_text(std::string_view text, Color& color) {  // false, or std::invalid_argument with the reason: 422
  if (text == "red") color = {255, 0, 0};
  return text == "red";
}
std::string to_text(const Color& color) {
  return color.red == 255 ? "red" : "another one";
}

Color read_color(Query<Color, "color"> color) {
  return color;
}
// [/own_type]

// [encode]
std::string encode(const Stay& stay) {  // the text that an answer would have
  std::string text;
  JsonWriter out(text);
  Codec<Stay>::write(out, stay);
  return text;
}
// [/encode]
}  // namespace extra_types

namespace updates {
// [patch]
struct Item {
  std::string name;
  std::optional<std::string> description;
  double price;
  double tax = 10.5;
  static constexpr auto schema = fields(field<&Item::tax>(defaulted), field<&Item::price>(gt(0)));
};

Item stored{"Foo", "The Foo", 50.2};  // of a database, say

Item replace_item(const Item& item) {  // PUT: what isn't sent gets its default
  stored = item;
  return stored;
}

Item update_item(const Patch<Item>& patch) {  // PATCH: no field is required
  if (patch.has<&Item::price>() && patch->price > 1000) throw HttpException(400, "too expensive");
  Item updated = stored;
  patch.apply_to(updated);  // only what was sent; null counts as sent
  stored = updated;
  return stored;
}
// [/patch]
}  // namespace updates

}  // namespace

TEST_SUITE("guide") {
  TEST_CASE("guide: a model is the body, beside path and query") {
    App app;
    app.put("/items/{item_id}", first_body::update_item);
    TestClient client(std::move(app));
    const auto put = [&](const Json& item) { return client.put("/items/7?discount=2", {.json = item}); };
    CHECK(put(Json{{"name", "Foo"}, {"price", 10}, {"tax", "0.5"}}).text() ==
          R"({"item_id":7,"name":"Foo","price_with_tax":8.5})");
    CHECK(errors_of(put(Json{{"name", 5}})) == "body.name: string_type, body.price: missing");
    CHECK(errors_of(put(Json::array())) == "body: model_attributes_type");
    CHECK(errors_of(client.put("/items/7", {.body = "{"})) == "body: model_attributes_type");
    const TestRequestOptions broken{.headers = {{"content-type", "application/json"}}, .body = "{"};
    CHECK(errors_of(client.put("/items/7", broken)) == "body.1: json_invalid");
  }

  TEST_CASE("guide: several bodies are members of one object") {
    App app;
    app.put("/items/{item_id}", several_bodies::update_item);
    app.post("/items", several_bodies::create_item);
    TestClient client(std::move(app));
    const Json item{{"name", "Foo"}, {"price", 1.5}};
    const Json answer = client.put("/items/7", {.json = Json{{"item", item}, {"importance", 5}}}).json();
    CHECK(answer == Json{{"item_id", 7}, {"name", "Foo"}, {"anonymous", true}, {"importance", 5}});
    CHECK(errors_of(client.put("/items/7", {.json = Json{{"item", item}, {"importance", 0}}})) ==
          "body.importance: greater_than");
    CHECK(errors_of(client.put("/items/7", {.json = item})) == "body.item: missing, body.importance: missing");
    CHECK(client.post("/items", {.json = Json{{"item", item}}}).json() == item);
    CHECK(errors_of(client.post("/items", {.json = item})) == "body.item: missing");
  }

  TEST_CASE("guide: a model says what its fields must satisfy") {
    App app;
    app.post("/accounts", fields_of_models::create_account);
    TestClient client(std::move(app));
    const auto post = [&](const Json& account) { return client.post("/accounts", {.json = account}); };
    CHECK(post(Json{{"name", "foo"}, {"price", 1}}).text() ==
          R"({"name":"foo","description":null,"price":1.0,"from":1,"to":31})");
    CHECK(errors_of(post(Json{{"name", "Foo"}, {"price", 0}, {"from", 32}})) ==
          "body.name: string_pattern_mismatch, body.price: greater_than, body.from: less_than_equal");
    CHECK(errors_of(post(Json{{"name", "foo"}})) == "body.price: missing");
    CHECK(post(Json{{"name", "admin"}, {"price", 1}}).json()["detail"][0]["msg"] == "Value error, this name is taken");
    CHECK(post(Json{{"name", "foo"}, {"price", 1}, {"from", 9}, {"to", 8}}).json()["detail"][0]["msg"] ==
          "Value error, it ends before it begins");
  }

  TEST_CASE("guide: models nest, in lists, sets, maps and unions") {
    App app;
    app.post("/offers", nested_models::create_offer);
    app.post("/images", nested_models::create_images);
    app.post("/weights", nested_models::create_weights);
    app.post("/pets", nested_models::create_pet);
    TestClient client(std::move(app));
    const Json image{{"url", "HTTP://Example.com"}, {"name", "x"}};
    const Json item{{"name", "Foo"}, {"price", 1}, {"tags", {"b", "a", "b"}}, {"images", Json::array({image})}};
    const Json offer = client.post("/offers", {.json = Json{{"name", "o"}, {"items", Json::array({item})}}}).json();
    CHECK(offer["items"][0]["tags"] == Json{"a", "b"});
    CHECK(offer["items"][0]["images"][0]["url"] == "http://example.com/");
    const Json bad{{"name", "o"}, {"items", Json::array({item, Json{{"name", "x"}, {"price", "y"}}})}};
    CHECK(errors_of(client.post("/offers", {.json = bad})) == "body.items.1.price: float_parsing");
    CHECK(client.post("/images", {.json = Json::array({image, image})}).text() == "2");
    CHECK(client.post("/weights", {.json = Json{{"2", 0.5}}}).text() == R"({"2":0.5})");
    CHECK(errors_of(client.post("/weights", {.json = Json{{"two", 0.5}}})) == "body.two.[key]: int_parsing");
    CHECK(client.post("/pets", {.json = Json{{"pet_type", "dog"}, {"barks", 2}}}).text() ==
          R"({"pet_type":"dog","barks":2.0})");
    CHECK(errors_of(client.post("/pets", {.json = Json{{"pet_type", "cat"}}})) == "body.cat.meows: missing");
    CHECK(errors_of(client.post("/pets", {.json = Json{{"pet_type", "cow"}}})) == "body: union_tag_invalid");
  }

  TEST_CASE("guide: examples stand in the document") {
    App app = examples::make_app();
    const Json document = Json::parse(app.openapi());
    const Json& schema = document["components"]["schemas"]["Item"];
    CHECK(schema["title"] == "Thing");
    CHECK(schema["description"] == "Something to *sell*.");
    CHECK(schema["properties"]["name"]["examples"] == Json{"Foo", "Bar"});
    CHECK(schema["properties"]["price"]["examples"] == Json::array({35.4}));
    const Json& body = document["paths"]["/items"]["post"]["requestBody"]["content"]["application/json"];
    CHECK(body["examples"]["normal"]["value"]["price"] == 35.4);
  }

  TEST_CASE("guide: dates, decimals and the like are read and written as in pydantic") {
    App app;
    app.post("/stays", extra_types::create_stay);
    app.get("/color", extra_types::read_color);
    TestClient client(std::move(app));
    Json stay{{"id", "67E55044-10B1-426F-9247-BB680E5FE0C8"},
              {"guest", "Ada@Example.com"},
              {"day", "2024-02-29"},
              {"starts_at", "2024-02-29T12:00:00+02:00"},
              {"process_after", 90},
              {"price", "19.90"},
              {"rooms", {2, 1, 2}}};
    CHECK(client.post("/stays", {.json = stay}).text() ==
          R"({"id":"67e55044-10b1-426f-9247-bb680e5fe0c8","guest":"Ada@example.com","day":"2024-02-29",)"
          R"("starts_at":"2024-02-29T10:00:00Z","process_after":"PT1M30S","repeat_at":null,"price":"19.90",)"
          R"("rooms":[1,2]})");
    extra_types::Stay made;
    made.price = 5;
    CHECK(Json::parse(extra_types::encode(made))["price"] == "5");
    stay["day"] = "2024-02-30";
    stay["price"] = "19.901";
    CHECK(errors_of(client.post("/stays", {.json = stay})) ==
          "body.day: date_from_datetime_parsing, body.price: decimal_max_places");
    CHECK(client.get("/color?color=red").text() == R"("red")");
    CHECK(client.get("/color?color=blue").status_code() == 422);
  }

  TEST_CASE("guide: PUT replaces, PATCH changes what was sent") {
    App app;
    app.put("/item", updates::replace_item);
    app.patch("/item", updates::update_item);
    TestClient client(std::move(app));
    CHECK(client.patch("/item", {.json = Json{{"price", 60}}}).text() ==
          R"({"name":"Foo","description":"The Foo","price":60.0,"tax":10.5})");
    CHECK(client.patch("/item", {.json = Json{{"description", nullptr}, {"tax", 1}}}).text() ==
          R"({"name":"Foo","description":null,"price":60.0,"tax":1.0})");
    CHECK(errors_of(client.patch("/item", {.json = Json{{"price", 0}}})) == "body.price: greater_than");
    CHECK(client.patch("/item", {.json = Json{{"price", 1001}}}).status_code() == 400);
    CHECK(client.put("/item", {.json = Json{{"name", "Bar"}, {"price", 5}}}).text() ==
          R"({"name":"Bar","description":null,"price":5.0,"tax":10.5})");
  }
}
