// SPDX-License-Identifier: BSL-1.0
// Query strings into typed parameters. What a handler got and answers means the same when it is sent as a query again.
#include "checks.hpp"
#include "coroute/http/query_params.hpp"
#include "targets.hpp"
#include "typed_answer.hpp"

namespace coroute::fuzz {
namespace {

struct Paging {
  Query<int, "skip", defaults_to(0), ge(0)> skip;
  Query<int, "limit", defaults_to(10), ge(1), le(100)> limit;
};

struct Few {
  int skip;
  int limit;
  Maybe<std::string> q;
  std::vector<double> x;
  bool verbose;
  Maybe<std::int64_t> item_id;
  static constexpr auto schema = fields(field<&Few::item_id>(alias<"item-id">));
};

Handler make_app() {
  App app({.openapi_url = std::nullopt});
  app.get("/model", [](Query<Values> values) { return *values; });
  app.get("/each", [](Params<Paging> paging, Query<Maybe<std::string>, "q", max_length(50)> q,
                      Query<std::vector<double>, "x", default_factory<[] { return std::vector<double>{}; }>> x,
                      Query<bool, "verbose", defaults_to(false)> verbose,
                      Query<Maybe<std::int64_t>, "id", alias<"item-id">> item_id) {
    return Few{*paging->skip, *paging->limit, *q, *x, *verbose, *item_id};
  });
  return std::move(app).handler();
}

Response get(std::string_view path, const std::string& query) {
  static const Handler handler = make_app();
  testing::TestRequest request("GET", std::string(path) + "?" + query);
  return answer_to(handler, request);
}

void check_route(std::string_view path, const std::string& query) {
  const Response first = get(path, query);
  check(first.status == Status::Ok || first.status == Status::UnprocessableContent, "200 or 422", first.content());
  if (first.status != Status::Ok) return;
  const Response second = get(path, as_query(parsed(first)));
  check(first.content() == second.content(), "the values mean the same when sent again", second.content());
}

}  // namespace

void query(std::string_view input) {
  const QueryParams pairs(input);
  check(QueryParams(pairs.to_string()) == pairs, "pairs are the same when written and read", pairs.to_string());
  const std::string sent = as_target(input).substr(1);
  check_route("/each", sent);
  check_route("/model", sent);
}

}  // namespace coroute::fuzz
