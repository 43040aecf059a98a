// SPDX-License-Identifier: BSL-1.0
// framework/errors.md says what clients get: each row is brought about here, and nothing else may come.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/http/validation_error.hpp"
#include "server/error_response.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::TestRequest;

namespace {

namespace fs = std::filesystem;

using Row = std::vector<std::string>;
using Rows = std::set<std::pair<std::string, std::string>>;

fs::path framework_directory() {
  return fs::path(__FILE__).parent_path().parent_path().parent_path() / "framework";
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file, "can't read ", path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string trimmed(std::string_view cell) {
  const auto begin = cell.find_first_not_of(" `");
  if (begin == std::string_view::npos) return {};
  return std::string(cell.substr(begin, cell.find_last_not_of(" `") - begin + 1));
}

Row cells_of(std::string_view line) {
  Row cells;
  std::size_t begin = 1;
  for (std::size_t end = line.find('|', begin); end != std::string_view::npos; end = line.find('|', begin)) {
    cells.push_back(trimmed(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return cells;
}

/// The first two cells of each row below `heading`.
Rows rows_below(const std::string& heading) {
  std::istringstream document(read_file(framework_directory() / "errors.md"));
  std::string line;
  bool inside = false;
  int skipped = 0;
  Rows rows;
  while (std::getline(document, line)) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    if (!inside || !line.starts_with('|')) continue;
    if (++skipped <= 2) continue;  // the table's head
    const Row cells = cells_of(line);
    REQUIRE(cells.size() >= 2);
    rows.emplace(cells[0], cells[1]);
  }
  REQUIRE_FALSE(rows.empty());
  return rows;
}

std::string text_of(const Rows& rows) {
  std::string text;
  for (const auto& [status, body] : rows)
    text.append(status).append(" ").append(body).append("\n");
  return text;
}

void add(Rows& rows, const Response& response) {
  rows.emplace(std::to_string(response.status.code()), response.content());
}

template <class E>
Response response_to(const E& error) {
  TestRequest request;
  return detail::response_to_exception(std::make_exception_ptr(error), *request, {}, false);
}

/// The statuses that a source file names: every `Status::Name` that is an error.
std::set<std::string> statuses_in(const fs::path& file) {
  const std::string text = read_file(file);
  constexpr std::string_view mark = "Status::";
  std::set<std::string> codes;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    std::size_t end = begin;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0)
      ++end;
    const std::string name = text.substr(begin, end - begin);
    for (int code = 400; code < 600; ++code) {
      std::string phrase(reason_phrase(code));
      std::erase_if(phrase, [](char c) { return c == ' ' || c == '-' || c == '\''; });
      const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
      if (!phrase.empty() && std::equal(phrase.begin(), phrase.end(), name.begin(), name.end(), same)) {
        codes.insert(std::to_string(code));
      }
    }
  }
  return codes;
}

std::set<std::string> statuses_of(const Rows& rows) {
  std::set<std::string> codes;
  for (const auto& [status, body] : rows)
    codes.insert(status);
  return codes;
}

void check_all_listed(const std::set<std::string>& used, const std::set<std::string>& listed, const std::string& file) {
  for (const std::string& code : used)
    CHECK_MESSAGE(listed.count(code) == 1, file, " answers with ", code, ", which errors.md doesn't list");
}

template <class F>
ErrorDetail first_error_of(F&& throws) {
  try {
    throws();
  } catch (const RequestValidationError& error) {
    return error.errors().at(0);
  }
  return {};
}

Async<void> read_json(Request& request) {
  const Json value = co_await request.json();
  static_cast<void>(value);
}

ErrorDetail json_error(std::string_view type, std::string body) {
  TestRequest request("POST", "/");
  request.header("content-type", type).body({std::move(body)});
  return first_error_of([&] { run(read_json(*request), {.virtual_time = true}); });
}

}  // namespace

TEST_SUITE("errors") {
  TEST_CASE("errors table: refusals of the protocol are as listed") {
    Rows rows;
    for (const int code : {400, 405, 408, 413, 414, 417, 431, 501, 505})
      add(rows, detail::protocol_error_response(code));
    rows.emplace("503", "nothing");  // written by the listener before there is a connection
    CHECK(text_of(rows) == text_of(rows_below("Requests that never reach the application")));
  }

  TEST_CASE("errors table: the router's refusals are as listed") {
    App app;
    app.get("/", [] { return 1; });
    const Handler handler = std::move(app).handler();
    Rows rows;
    add(rows, testing::answer(handler, "GET", "/nope"));
    add(rows, testing::answer(handler, "PUT", "/"));
    CHECK(text_of(rows) == text_of(rows_below("Routes")));
  }

  TEST_CASE("errors table: what becomes of a handler that throws is as listed") {
    Rows rows;
    for (const int code : {400, 408, 413, 431})
      add(rows, response_to(HttpException(code)));
    add(rows, response_to(std::runtime_error("boom")));
    add(rows, response_to(ThreadPoolFull("full")));
    add(rows, response_to(Cancelled(CancelReason::Shutdown)));
    add(rows, response_to(Cancelled(CancelReason::User)));
    add(rows, response_to(Cancelled(CancelReason::Deadline)));
    const Response invalid = response_to(RequestValidationError({{"missing", {"body"}, "Field required"}}));
    CHECK(invalid.content().starts_with("{\"detail\":["));
    rows.emplace(std::to_string(invalid.status.code()), "{\"detail\":[...]}");
    CHECK(text_of(rows) == text_of(rows_below("While the handler runs")));
  }

  TEST_CASE("errors table: validation errors are listed") {
    const std::array errors{
        json_error("application/json", ""),
        json_error("application/json", "{"),
        json_error("text/plain", "{}"),
        first_error_of([] { detail::throw_bad_path_number("n", "x", true); }),
        first_error_of([] { detail::throw_bad_path_number("n", "x", false); }),
    };
    const Rows listed = rows_below("Validation errors");
    for (const ErrorDetail& error : errors) {
      CAPTURE(error.type);
      CHECK(listed.count({error.type, error.msg}) == 1);
    }
  }

  TEST_CASE("errors table: every error status that the server's and the router's sources name is listed") {
    const std::set<std::string> refusals = statuses_of(rows_below("Requests that never reach the application"));
    const std::set<std::string> answers = statuses_of(rows_below("While the handler runs"));
    const std::set<std::string> routes = statuses_of(rows_below("Routes"));
    const fs::path source = framework_directory() / "src";
    for (const char* const file : {"head_scanner.cpp", "request_parser.cpp", "connection.cpp"})
      check_all_listed(statuses_in(source / "server" / file), refusals, file);
    for (const char* const file : {"connection_body.cpp", "error_response.cpp"})
      check_all_listed(statuses_in(source / "server" / file), answers, file);
    check_all_listed(statuses_in(source / "http" / "error_response.cpp"), answers, "error_response.cpp");
    check_all_listed(statuses_in(source / "routing" / "dispatcher.cpp"), routes, "dispatcher.cpp");
  }

  TEST_CASE("errors table: the search for statuses finds some") {
    const fs::path server = framework_directory() / "src" / "server";
    CHECK(statuses_in(server / "request_parser.cpp") ==
          std::set<std::string>{"400", "405", "413", "417", "431", "501", "505"});
    CHECK(statuses_in(server / "head_scanner.cpp") == std::set<std::string>{"400", "414", "431"});
  }
}
