// SPDX-License-Identifier: BSL-1.0
// Request bodies into models of all kinds of fields: what is accepted is the same after it was written and read again,
// and is what nlohmann/json reads where nothing is coerced.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "checks.hpp"
#include "coroute/coroute.hpp"
#include "targets.hpp"

namespace coroute::fuzz {
namespace {

enum class Size { small, medium, large };

struct Cat {
  Literal<"cat"> kind;
  std::int64_t lives = 9;
  static constexpr auto schema = fields(field<&Cat::lives>(defaulted, ge(0), le(9)));
};
struct Dog {
  Literal<"dog", "wolf"> kind;
  std::string name;
};

/// A model that checks itself, inside of the other one.
struct Range {
  int from = 0;
  int to = 0;
  static constexpr auto schema = fields(field<&Range::from>(defaulted), field<&Range::to>(defaulted)).forbid_extra();
  void validate() const {
    if (to < from) throw std::invalid_argument("to is before from");
  }
};

struct Rich {
  std::string name;
  std::optional<std::string> note;
  std::int64_t count = 0;
  std::uint64_t large = 0;
  std::int8_t tiny = 0;
  double price = 0;
  float ratio = 0;
  bool active = false;
  Size size = Size::small;
  Literal<"asc", "desc"> order;
  std::vector<std::string> tags;
  std::set<std::int64_t> ids;
  std::map<std::string, double> sizes;
  std::unordered_map<std::string, std::vector<bool>> flags;
  std::variant<std::int64_t, double, bool, std::string, Range> any;
  OneOf<"kind", Cat, Dog> pet;
  std::optional<std::chrono::year_month_day> day;
  std::chrono::sys_time<std::chrono::microseconds> at{};
  std::chrono::local_time<std::chrono::milliseconds> local{};
  TimeOfDay clock;
  std::chrono::milliseconds wait{};
  Uuid id;
  Decimal amount;
  std::optional<HttpUrl> link;
  std::optional<Email> mail;
  Range range;
  Patch<Range> patch;
  Strict<std::int64_t> strict_count;
  std::vector<Rich> children;
  Json extra;

  static constexpr auto schema =
      fields(field<&Rich::name>(min_length(1), max_length(20)), field<&Rich::note>(pattern<"^[a-z ]*$">),
             field<&Rich::count>(defaulted, ge(-5), lt(1000)), field<&Rich::large>(defaulted),
             field<&Rich::tiny>(defaulted), field<&Rich::price>(defaulted, gt(-1.5), multiple_of(0.5)),
             field<&Rich::ratio>(defaulted), field<&Rich::active>(defaulted), field<&Rich::size>(defaulted),
             field<&Rich::order>(defaulted), field<&Rich::tags>(defaulted, max_length(4)),
             field<&Rich::ids>(defaulted, max_length(8)), field<&Rich::sizes>(defaulted, alias<"named-sizes">),
             field<&Rich::flags>(defaulted), field<&Rich::any>(defaulted), field<&Rich::pet>(defaulted),
             field<&Rich::day>(defaulted), field<&Rich::at>(defaulted), field<&Rich::local>(defaulted),
             field<&Rich::clock>(defaulted), field<&Rich::wait>(defaulted), field<&Rich::id>(defaulted),
             field<&Rich::amount>(defaulted, max_digits(12), decimal_places(4)), field<&Rich::range>(defaulted),
             field<&Rich::patch>(defaulted), field<&Rich::strict_count>(defaulted), field<&Rich::children>(defaulted),
             field<&Rich::extra>(defaulted));
};

/// Nothing of it is coerced, so its members are what any parser of JSON sees.
struct Exact {
  Strict<bool> flag;
  Strict<std::int64_t> number;
  Strict<double> real;
  Strict<std::string> text;
  std::optional<Strict<std::string>> maybe;
  std::vector<Strict<std::int64_t>> numbers;
  std::map<std::string, Strict<double>> reals;
  std::vector<Exact> children;

  static constexpr auto schema =
      fields(field<&Exact::flag>(defaulted), field<&Exact::number>(defaulted), field<&Exact::real>(defaulted),
             field<&Exact::text>(defaulted), field<&Exact::numbers>(defaulted), field<&Exact::reals>(defaulted),
             field<&Exact::children>(defaulted));
};

Json exact_members(const Json& object) {
  Json members = Json::parse(
      R"({"flag":false,"number":0,"real":0.0,"text":"","maybe":null,"numbers":[],"reals":{},"children":[]})");
  for (auto& [name, value] : members.items()) {
    const auto found = object.find(name);
    if (found == object.end()) continue;
    value = *found;
    if (name != "children") continue;
    for (Json& child : value)
      child = exact_members(child);
  }
  return members;
}

/// But for the order of names.
bool is_same(const Json& a, const Json& b) {
  return nlohmann::json(a) == nlohmann::json(b);
}

Handler make_app() {
  App app({.openapi_url = std::nullopt});
  app.post("/rich", [](const Rich& rich) { return rich; });
  app.post("/exact", [](const Exact& exact) { return exact; });
  app.patch("/exact", [](Patch<Exact> patch) { return patch; });
  app.post("/both", [](Body<std::optional<Rich>, "rich"> rich, Body<std::vector<Exact>, "exact"> exact) {
    return rich->has_value() ? (*rich)->name : std::to_string(exact->size());
  });
  return std::move(app).handler();
}

Response send(std::string_view method, std::string_view path, std::string_view body) {
  static const Handler handler = make_app();
  testing::TestRequest request(method, path);
  request.header("content-type", "application/json").body({std::string(body)}, {}, true);
  return answer_to(handler, request);
}

}  // namespace

void json_model(std::string_view input) {
  const Response rich = send("POST", "/rich", input);
  if (rich.status == Status::Ok) {
    const Response again = send("POST", "/rich", rich.content());
    check(again.content() == rich.content(), "a model that was written is read as the same", again.content());
  }
  const Response exact = send("POST", "/exact", input);
  if (exact.status == Status::Ok) {
    const Json original = parsed_leniently(input);
    check(original.is_discarded() || is_same(parsed(exact), exact_members(original)),
          "both parsers see the same values", exact.content());
    check(send("PATCH", "/exact", input).status == Status::Ok, "what a model takes its patch takes too", input);
  }
  static_cast<void>(send("POST", "/both", input));
}

}  // namespace coroute::fuzz
