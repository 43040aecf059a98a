// SPDX-License-Identifier: BSL-1.0
// framework/errors.md says what a 422 may complain of: each row is brought about here, and nothing else may come.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coroute/app/make_handler.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"
#include "coroute/params/email.hpp"
#include "support/async_test.hpp"
#include "support/errors_table.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::framework_directory;
using coroute::testing::read_file;
using coroute::testing::Rows;
using coroute::testing::rows_below;
using coroute::testing::TestRequest;

namespace {

namespace fs = std::filesystem;
using Errors = std::vector<ErrorDetail>;

Errors errors_of(const Handler& handler, TestRequest& request) {
  try {
    static_cast<void>(testing::answer(handler, request));
  } catch (const RequestValidationError& error) {
    return error.errors();
  }
  return {};
}

/// What is wrong with `{"x": json}` where x is a T.
template <class T, auto... constraints>
Errors of_json(std::string_view json) {
  const Handler handler = make_handler([](const Body<T, "x", embed, constraints...>&) {});
  TestRequest request("POST", "/");
  request.json("{\"x\":" + std::string(json) + "}");
  return errors_of(handler, request);
}
/// The same for ?x=text.
template <class T, auto... constraints>
Errors of_text(std::string_view text) {
  const Handler handler = make_handler([](const Query<T, "x", constraints...>&) {});
  const std::string target = "/?x=" + std::string(text);
  TestRequest request("GET", target);
  return errors_of(handler, request);
}

struct Point {
  int x;
  static constexpr auto schema = fields().forbid_extra();
};
struct Cat {
  Literal<"cat"> kind;
};
struct Dog {
  Literal<"dog"> kind;
};
using Pet = OneOf<"kind", Cat, Dog>;
enum class Size { small, medium, large };
struct Even {
  int value = 0;
};
bool from_text(std::string_view text, Even& even) {
  even.value = static_cast<int>(text.size());
  return text.size() % 2 == 0;
}
std::string to_text(const Even& even) {
  return std::string(static_cast<std::size_t>(even.value), '-');
}
void refuse(const int& value) {
  throw std::invalid_argument(std::to_string(value) + " is not liked");
}

/// Alternatives inside alternatives, each tried for all that is inside.
struct Left;
struct Right;
struct Tree {
  std::vector<std::variant<Left, Right>> parts;
  std::string text;
  static constexpr auto schema = fields(field<&Tree::text>(defaulted));
};
struct Left {
  std::vector<Tree> trees;
  int left;
};
struct Right {
  std::vector<Tree> trees;
  int right;
};

std::string large_tree() {
  std::string json = R"({"parts":[],"text":")" + std::string(1'000'000, 'x') + "\"}";
  for (int depth = 0; depth < 6; ++depth)
    json = R"({"parts":[{"trees":[)" + json + "]}]}";
  return json;
}

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Wall = std::chrono::local_time<std::chrono::microseconds>;
using Date = std::chrono::year_month_day;
using Strings = std::vector<std::string>;
using Bytes = std::vector<std::byte>;

std::vector<Errors> of_values() {
  return {of_json<int>("[]"),
          of_text<int>("x"),
          of_text<int>("99999999999999999999"),
          of_json<int>("1.5"),
          of_json<double>("[]"),
          of_text<double>("x"),
          of_text<double>("nan"),
          of_json<bool>("[]"),
          of_text<bool>("maybe"),
          of_json<std::string>("5"),
          of_text<std::string, min_length(2)>("x"),
          of_text<std::string, max_length(2)>("xxx"),
          of_json<Bytes>("5"),
          of_text<Bytes, min_length(2)>("x"),
          of_text<Bytes, max_length(2)>("xxx"),
          of_text<std::string, pattern<"^y">>("x"),
          of_json<int, gt(5)>("5"),
          of_json<int, ge(5)>("4"),
          of_json<int, lt(5)>("5"),
          of_json<int, le(5)>("6"),
          of_json<int, multiple_of(5)>("6"),
          of_json<Size>(R"("huge")"),
          of_json<Literal<"a", "b", "c">>(R"("d")"),
          of_json<Even>(R"("odd")"),
          of_json<int, check<refuse>>("5")};
}

std::vector<Errors> of_containers() {
  return {of_json<Point>("5"),
          of_json<Point>(R"({"x":1,"y":2})"),
          of_json<Strings>("5"),
          of_json<std::set<int>>("5"),
          of_json<std::map<std::string, int>>("5"),
          of_json<Strings, min_length(2)>(R"(["a"])"),
          of_json<Strings, max_length(2)>(R"(["a","b","c"])"),
          of_json<std::set<int>, max_length(2)>("[1,2,3]"),
          of_json<Pet>("{}"),
          of_json<Pet>(R"({"kind":"cow"})"),
          of_json<Tree>(large_tree())};
}

std::vector<Errors> of_extra_types() {
  return {of_json<Uuid>("5"),
          of_json<Uuid>(R"("x")"),
          of_json<Date>("[]"),
          of_json<Date>(R"("0000-01-01")"),
          of_json<Date>(R"("2024-02-01T25:00")"),
          of_json<Date>(R"("2024-02-01T12:00")"),
          of_json<Instant>("[]"),
          of_json<Instant>(R"("0001-01-01T00:00:00+01:00")"),
          of_json<Instant>(R"("2024-02")"),
          of_json<Wall>(R"("2024-02-01T12:00Z")"),
          of_json<TimeOfDay>("[]"),
          of_json<TimeOfDay>(R"("25:00")"),
          of_json<std::chrono::seconds>("[]"),
          of_json<std::chrono::seconds>(R"("x")"),
          of_json<Decimal>("[]"),
          of_json<Decimal>(R"("x")"),
          of_json<Decimal, max_digits(2)>(R"("1.23")"),
          of_json<Decimal, decimal_places(2)>(R"("1.234")"),
          of_json<Decimal, max_digits(4), decimal_places(2)>(R"("123.4")"),
          of_json<HttpUrl>("5"),
          of_json<HttpUrl>(R"("x")"),
          of_json<HttpUrl>(R"("ftp://x")"),
          of_json<HttpUrl>("\"https://x/" + std::string(2083, 'x') + "\""),
          of_json<Email>(R"("x")")};
}

/// Those of the request as a whole.
std::vector<Errors> of_requests() {
  const Handler handler = make_handler([](const Point&) {});
  TestRequest empty("POST", "/");
  TestRequest broken("POST", "/");
  broken.json("{");
  TestRequest text("POST", "/");
  text.header("content-type", "text/plain").body({"{}"});
  return {errors_of(handler, empty), errors_of(handler, broken), errors_of(handler, text)};
}

Errors all_errors() {
  Errors all;
  for (const std::vector<Errors>& group : {of_values(), of_containers(), of_extra_types(), of_requests()}) {
    for (const Errors& errors : group) {
      CHECK_FALSE(errors.empty());
      all.insert(all.end(), errors.begin(), errors.end());
    }
  }
  return all;
}

/// The message of a row with what `ctx` has in place of "{name}".
std::string filled_in(std::string message, const std::string& ctx) {
  if (ctx.empty()) return message;
  const Json values = Json::parse(ctx);
  for (const auto& [name, value] : values.items()) {
    const std::string mark = "{" + name + "}";
    const std::string text = value.is_string() ? value.get<std::string>() : value.is_null() ? "more" : value.dump();
    for (std::size_t at = message.find(mark); at != std::string::npos; at = message.find(mark, at + text.size()))
      message.replace(at, mark.size(), text);
  }
  return message;
}

bool is_described_by(const ErrorDetail& error, const std::pair<std::string, std::string>& row) {
  if (error.type != row.first) return false;
  if (row.second.ends_with("...")) return error.msg.starts_with(row.second.substr(0, row.second.size() - 3));
  return filled_in(row.second, error.ctx) == error.msg;
}

/// Words with underscores that stand in quotes where an error is made, as `{"int_parsing", ...}`.
std::set<std::string> types_in(const fs::path& folder) {
  constexpr std::array<std::string_view, 7> marks{
      "{\"", "invalid(\"", "invalid_because(\"", "error_type = \"", "too_many_digits(\"", "fail(\"", "problem(\""};
  std::set<std::string> types;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string text = read_file(entry.path());
    for (const std::string_view mark : marks) {
      for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        const std::size_t begin = at + mark.size();
        const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", begin);
        const std::string word = text.substr(begin, end - begin);
        const bool is_key = text.compare(end, 2, "\":") == 0;  // of a JSON object
        if (text[end] == '"' && !is_key && word.find('_') != std::string::npos) types.insert(word);
      }
    }
  }
  return types;
}

}  // namespace

TEST_SUITE("errors") {
  TEST_CASE("errors table: every validation error is listed, and all that are listed come") {
    Rows unseen = rows_below("Validation errors");
    const Rows listed = unseen;
    for (const ErrorDetail& error : all_errors()) {
      CAPTURE(error.type);
      CAPTURE(error.msg);
      const auto row =
          std::find_if(listed.begin(), listed.end(), [&](const auto& each) { return is_described_by(error, each); });
      CHECK(row != listed.end());
      if (row != listed.end()) unseen.erase(*row);
    }
    for (const auto& [type, message] : unseen)
      FAIL_CHECK("nothing here brings about ", type, ": ", message);
  }

  TEST_CASE("errors table: every type of error that the sources name is listed") {
    std::set<std::string> listed;
    for (const auto& [type, message] : rows_below("Validation errors"))
      listed.insert(type);
    std::set<std::string> named = types_in(framework_directory() / "src" / "params");
    named.merge(types_in(framework_directory() / "include" / "coroute" / "params"));
    CHECK(named.size() > 40);  // the search finds some
    for (const std::string& type : named)
      CHECK_MESSAGE(listed.count(type) == 1, type, " is not in errors.md");
  }
}
