// SPDX-License-Identifier: BSL-1.0
// Header fields, one a line, into typed parameters and credentials.
#include "checks.hpp"
#include "header_lines.hpp"
#include "targets.hpp"
#include "typed_answer.hpp"

namespace coroute::fuzz {
namespace {

struct Tracing {
  std::string trace_id;
  Maybe<double> x_rate;
  std::vector<std::string> x_tag;
  static constexpr auto schema =
      fields(field<&Tracing::trace_id>(defaulted, max_length(30)), field<&Tracing::x_tag>(defaulted, max_length(4)));
};

Handler make_app() {
  App app({.openapi_url = std::nullopt});
  app.get("/each",
          [](Header<Maybe<std::int64_t>, "x_number", ge(0)> number, Header<Maybe<std::string>, "user_agent"> agent,
             Header<Maybe<std::vector<std::string>>, "x_token"> tokens, Header<Maybe<Time>, "x_at"> at,
             Header<Maybe<Wait>, "keep_alive"> wait, Header<Maybe<bool>, "dnt"> flag,
             Header<Maybe<std::string>, "under_score", keep_underscores> underscore) {
            return Json{{"number", number->has_value()},
                        {"agent", agent->value_or("")},
                        {"flag", flag->has_value()},
                        {"tokens", tokens->value_or(std::vector<std::string>{})},
                        {"at", at->has_value()},
                        {"wait", wait->has_value()},
                        {"underscore", underscore->value_or("")}}
                .dump(-1, ' ', false, Json::error_handler_t::replace);
          });
  app.get("/model", [](Header<Tracing> tracing) { return *tracing; });
  app.get("/basic", [](HttpBasic user) { return user.username + ":" + user.password; });
  app.get("/bearer", [](std::optional<HttpBearer> token) { return token ? token->credentials : std::string(); });
  app.get("/digest", [](std::optional<HttpDigest> digest) { return digest ? digest->credentials : std::string(); });
  app.get("/key", [](std::optional<ApiKeyHeader<"x-key">> key) { return key.has_value(); });
  return std::move(app).handler();
}

Response get(std::string_view path, const HeaderLines& lines) {
  static const Handler handler = make_app();
  testing::TestRequest request("GET", path);
  lines.add_to(request);
  return answer_to(handler, request);
}

}  // namespace

void header(std::string_view input) {
  const HeaderLines lines(input);
  for (const std::string_view path : {"/each", "/model", "/basic", "/bearer", "/digest", "/key"})
    static_cast<void>(get(path, lines));
}

}  // namespace coroute::fuzz
