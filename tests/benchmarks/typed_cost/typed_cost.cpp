// SPDX-License-Identifier: BSL-1.0
// What a typed handler costs beside the same work on a Request, and a model beside nlohmann/json. Under callgrind, by
// bench.py --typed: typed_cost CASE COUNT FILE; typed_cost serve --port N ... serves the routes of the first two cases.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/coroute.hpp"
#include "coroute/params/body.hpp"

namespace {

using namespace coroute;

struct Answer {
  int item_id;
  std::optional<std::string> q;
};

struct Item {
  std::string name;
  std::string sku;
  double price;
  std::int64_t quantity;
  bool active;
  std::vector<std::string> tags;
  std::string description;
  std::map<std::string, double> dimensions;

  static constexpr auto schema = fields(field<&Item::name>(min_length(1)), field<&Item::sku>(min_length(1)),
                                        field<&Item::price>(ge(0)), field<&Item::quantity>(ge(0)));
};

Answer typed(Path<int, "item_id"> item_id, Query<std::optional<std::string>, "q"> q) {
  return {item_id, q};
}

Answer on_request(Request& request) {
  const auto q = request.query("q");
  return {request.path_param<int>("item_id"), q ? std::optional<std::string>(*q) : std::nullopt};
}

App make_app() {
  App app;
  app.get("/typed/{item_id}", typed);
  app.get("/request/{item_id}", on_request);
  return app;
}

// --- GET: a parsed request through routing to its answer ---

Async<std::size_t> call_handler(const Handler& handler, const RequestHead& head, std::size_t count) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Request request(head);
    const Response response = co_await handler(request);
    bytes += response.content().size();
  }
  co_return bytes;
}

std::size_t get(std::string_view target, std::size_t count) {
  const Handler handler = make_app().handler();
  const std::vector<HeaderField> fields{{"host", "127.0.0.1:8000"}};
  RequestHead head;
  head.target = target;
  head.headers = HeadersView(fields);
  return run(call_handler(handler, head, count));
}

// --- POST: a body to a checked struct and back ---

std::string echo_model(std::string_view body) {
  Item item;
  detail::Problems problems;
  const detail::ParameterInfo& info = detail::plain_body_info<Item>();
  const detail::BodyTarget target{&info, &item};
  detail::decode_body(body, "application/json", {&target, 1}, false, problems);
  if (!problems.empty()) throw std::invalid_argument("not an item");
  std::string text;
  JsonWriter out(text);
  Codec<Item>::write(out, item);
  return text;
}

template <class Dom>
std::string echo_dom(std::string_view body) {
  const Dom dom = Dom::parse(body);
  Item item;
  dom.at("name").get_to(item.name);
  dom.at("sku").get_to(item.sku);
  dom.at("price").get_to(item.price);
  dom.at("quantity").get_to(item.quantity);
  dom.at("active").get_to(item.active);
  dom.at("tags").get_to(item.tags);
  dom.at("description").get_to(item.description);
  dom.at("dimensions").get_to(item.dimensions);
  if (item.name.empty() || item.sku.empty() || item.price < 0 || item.quantity < 0)
    throw std::invalid_argument("not an item");
  return dom.dump();
}

template <class Echo>
std::size_t echo(std::size_t count, const char* file, Echo once) {
  std::ifstream in(file, std::ios::binary);
  const std::string body{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i)
    bytes += once(body).size();
  return bytes;
}

std::size_t measure(std::string_view name, std::size_t count, const char* file) {
  if (name == "get_typed") return get("/typed/42?q=abc", count);
  if (name == "get_request") return get("/request/42?q=abc", count);
  if (name == "item_model") return echo(count, file, echo_model);
  if (name == "item_json") return echo(count, file, echo_dom<nlohmann::json>);
  if (name == "item_ordered_json") return echo(count, file, echo_dom<nlohmann::ordered_json>);
  throw std::invalid_argument("no such case");
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (argc > 1 && std::string_view(arguments[1]) == "serve") {
    App app = make_app();
    return serve(app, argc - 1, argv + 1);
  }
  if (argc != 4) {
    std::fputs("usage: typed_cost CASE COUNT FILE | typed_cost serve [--port N ...]\n", stderr);
    return 2;
  }
  const std::size_t bytes = measure(arguments[1], std::strtoul(arguments[2], nullptr, 10), arguments[3]);
  std::printf("%zu bytes\n", bytes);
  return 0;
}
