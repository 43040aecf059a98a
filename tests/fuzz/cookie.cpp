// SPDX-License-Identifier: BSL-1.0
// Cookie fields, one a line, into typed parameters.
#include "coroute/http/cookie.hpp"
#include "checks.hpp"
#include "header_lines.hpp"
#include "targets.hpp"
#include "typed_answer.hpp"

namespace coroute::fuzz {
namespace {

struct Session {
  std::string session_id;
  Maybe<std::int64_t> visits;
  static constexpr auto schema =
      fields(field<&Session::session_id>(min_length(2), max_length(20)), field<&Session::visits>(ge(0))).forbid_extra();
};

Handler make_app() {
  App app({.openapi_url = std::nullopt});
  app.get("/each", [](Cookie<std::string, "session_id", defaults_to("none")> session,
                      Cookie<Maybe<std::int64_t>, "visits", ge(0)> visits, Cookie<Maybe<double>, "rate"> rate,
                      Cookie<Maybe<Day>, "since"> since, Cookie<Maybe<Size>, "size"> size,
                      Cookie<bool, "dark", defaults_to(false)> dark) {
    return *session + (*dark ? " dark" : "") + std::to_string(visits->value_or(0)) +
           (rate->has_value() || since->has_value() || size->has_value() ? " more" : "");
  });
  app.get("/model", [](Cookie<Session> session) { return *session; });
  app.get("/key", [](std::optional<ApiKeyCookie<"key">> key) { return key.has_value(); });
  app.get("/all", [](Request& request) {
    std::vector<std::vector<std::string>> pairs;
    for (const auto& [name, value] : request.cookies())
      pairs.push_back({name, value});
    return pairs;
  });
  return std::move(app).handler();
}

}  // namespace

void cookie(std::string_view input) {
  static const Handler handler = make_app();
  std::string fields = "cookie: ";
  for (const char c : input) {
    fields += c;
    if (c == '\n') fields += "cookie: ";
  }
  const HeaderLines lines(fields);
  for (const std::string_view path : {"/each", "/model", "/key", "/all"}) {
    testing::TestRequest request("GET", path);
    lines.add_to(request);
    static_cast<void>(answer_to(handler, request));
  }
  static_cast<void>(parse_cookies(input));
}

}  // namespace coroute::fuzz
