// SPDX-License-Identifier: BSL-1.0
// What handlers may return, and what becomes of it.
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "conformance_apps.hpp"

namespace coroute::conformance {
namespace {

using namespace std::chrono_literals;

struct UserIn {
  std::string username;
  std::string password;
  std::string email;
  std::optional<std::string> full_name;
};

struct UserOut {
  std::string username;
  std::string email;
  std::optional<std::string> full_name;
};

struct Item {
  std::string name;
  std::optional<std::string> description;
  double price;
  double tax = 10.5;
  std::vector<std::string> tags;
  static constexpr auto schema = fields(field<&Item::tax>(defaulted), field<&Item::tags>(defaulted));
};

struct OptionalTaxItem {
  std::string name;
  std::optional<std::string> description;
  double price;
  std::optional<double> tax;
  std::vector<std::string> tags;
  static constexpr auto schema = fields(field<&OptionalTaxItem::tags>(defaulted));
};

struct Aliased {
  std::string my_name;
  static constexpr auto schema = fields(field<&Aliased::my_name>(alias<"myName">));
};

constexpr auto example_time = std::chrono::sys_days(2024y / 1 / 2) + 3h + 4min + 5s;
constexpr auto example_date = 2024y / std::chrono::January / 2;

struct Rich {
  std::chrono::sys_time<std::chrono::microseconds> dt = example_time;
  std::chrono::year_month_day d = example_date;
  TimeOfDay t{3h + 4min + 5s + 500ms};
  std::chrono::milliseconds td = 90'500ms;
  Uuid u = Uuid::parse("00000000-0000-0000-0000-000000000001");
  Decimal dec = Decimal::parse("1.50");
  std::string by = "abc";
  double f = 1.0;
  std::set<int> st = {1};
};

Json loosely_typed() {
  return Json{{"a", 1},
              {"b", Json::array({1.0, 2.5, true, nullptr})},
              {"dt", to_python_text(example_time)},
              {"d", to_text(example_date)},
              {"u", to_text(Uuid::parse("00000000-0000-0000-0000-000000000001"))},
              {"dec", Decimal::parse("1.50").to_double()},
              {"td", std::chrono::duration<double>(90s).count()},
              {"s", std::set<int>{3}}};
}

Json set_cookies(Response& response) {
  response.set_cookie({.name = "fakesession", .value = "fake-cookie-session-value"});
  response.set_cookie({.name = "b",
                       .value = "q v",
                       .max_age = 60s,
                       .path = "/p",
                       .domain = "x.io",
                       .secure = true,
                       .http_only = true,
                       .same_site = SameSite::Strict});
  response.headers.set("x-cat-dog", "alone in the world");
  response.status = 202;
  return Json{{"message", "m"}};
}

Json delete_cookie(Response& response) {
  response.delete_cookie("fakesession");
  return Json::object();
}

Response raw_response() {
  Response response("<a/>", "application/xml");
  response.headers.set("x-a", "1");
  return response;
}

void add_errors(App& app) {
  app.get("/badresp", [] { return Json{{"name", "x"}}; }, {.response_model = response_model<Item>()});
  app.get("/boom", []() -> Json { throw std::runtime_error("boom"); });
  app.get("/http404/hdr",
          []() -> Json { throw HttpException(404, "Item not found", {{"x-error", "There goes my error"}}); });
  app.get("/http404/obj", []() -> Json { throw HttpException(400, Json{{"code", 7}, {"msg", "m"}}); });
  app.get("/http404/x", []() -> Json { throw HttpException(418); });
  app.get("/304", []() -> Json { throw HttpException(304, "", {{"etag", "x"}}); });
}

void add_models(App& app) {
  app.post("/user", [](const UserIn& user) { return user; }, {.response_model = response_model<UserOut>()});
  app.get("/unset", [] { return Json{{"name", "Foo"}, {"price", 50.2}}; },
          {.response_model = response_model<Item>(), .output = {.exclude_unset = true}});
  app.get("/ge", [] { return std::vector<UserIn>{{"a", "p", "e", std::nullopt}, {"b", "q", "f", "F"}}; },
          {.response_model = response_model<std::vector<UserOut>>()});
  app.post("/alias", [](const Aliased& aliased) { return aliased; });
  app.get("/exn", [] { return OptionalTaxItem{"Foo", std::nullopt, 50.2, 10.5, {}}; },
          {.response_model = response_model<OptionalTaxItem>(), .output = {.exclude_none = true, .exclude = {"tax"}}});
  app.get("/rich", [] { return Rich(); });
  app.get("/pnan", [] { return std::numeric_limits<double>::quiet_NaN(); });
}

}  // namespace

App resp_app() {
  App app;
  app.get("/none", [] {});
  app.get("/str", [] { return "héllo </script>"; });
  app.get("/obj", loosely_typed);
  app.post("/created", [] { return Json{{"ok", true}}; }, {.status = 201});
  app.del("/gone", [] {}, {.status = 204});
  app.get("/redir", [] { return redirect("/str?x=a b"); });
  app.get("/redir302", [] { return "https://example.com/"; }, {.status = 302, .answer_as = AnswerAs::Redirect});
  app.get("/html", [] { return "<h1>hi</h1>"; }, {.answer_as = AnswerAs::Html});
  app.get("/text", [] { return "hi"; }, {.answer_as = AnswerAs::PlainText});
  app.get("/cookie", set_cookies);
  app.get("/delcookie", delete_cookie);
  app.get("/raw", raw_response);
  add_errors(app);
  add_models(app);
  return app;
}

}  // namespace coroute::conformance
