// SPDX-License-Identifier: BSL-1.0
// Paths through the route table into typed parameters. An answer's value stands for the same when it is sent again.
#include "checks.hpp"
#include "coroute/http/percent_encoding.hpp"
#include "targets.hpp"
#include "typed_answer.hpp"

namespace coroute::fuzz {
namespace {

struct Two {
  std::string first;
  std::string second;
};

template <class T>
T echo(Path<T, "v"> value) {
  return *value;
}

Handler make_app() {
  App app({.openapi_url = std::nullopt});
  app.get("/i/{v}", echo<std::int64_t>);
  app.get("/range/{v}", [](Path<std::int16_t, "v", ge(1), le(1000), multiple_of(5)> v) { return *v; });
  app.get("/d/{v}", echo<double>);
  app.get("/b/{v}", echo<bool>);
  app.get("/s/{v}", [](Path<std::string, "v", min_length(2), max_length(9)> v) { return *v; });
  app.get("/size/{v}", echo<Size>);
  app.get("/day/{v}", echo<Day>);
  app.get("/at/{v}", echo<Time>);
  app.get("/wait/{v}", echo<Wait>);
  app.get("/id/{v}", echo<Uuid>);
  app.get("/amount/{v}", echo<Decimal>);
  app.get("/link/{v:path}", echo<HttpUrl>);
  app.get("/mail/{v}", echo<Email>);
  app.get("/n/{v:int}", echo<std::int64_t>);
  app.get("/f/{v:float}", echo<double>);
  app.get("/rest/{v:path}", echo<std::string>);
  app.get("/two/{a}-{b}/end", [](Path<std::string, "a"> a, Path<std::string, "b"> b) { return Two{*a, *b}; });
  app.get("/two/fixed", [] { return "fixed"; });
  return std::move(app).handler();
}

Response get(std::string_view target) {
  static const Handler handler = make_app();
  testing::TestRequest request("GET", target);
  return answer_to(handler, request);
}

}  // namespace

void path(std::string_view input) {
  const std::string target = as_target(input);
  const Response first = get(target);
  if (first.status != Status::Ok) return;
  const Json value = parsed(first);
  const std::string_view route = std::string_view(target).substr(0, target.find('/', 1) + 1);
  if (!value.is_primitive() || route == "/") return;
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  const std::string safe = route == "/rest/" || route == "/link/" ? "/" : "";
  const Response second = get(std::string(route) + percent_encode(text, safe));
  // A float's value may have an exponent, and a URL's what it escapes, which may be more than it takes.
  const bool is_written_otherwise = route == "/two/" || route == "/f/" ||
                                    (route == "/link/" && second.content().find("url_too_long") != std::string::npos);
  check(first.content() == second.content() || is_written_otherwise, "the value means the same when sent again",
        second.content());
}

}  // namespace coroute::fuzz
