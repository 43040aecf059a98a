// SPDX-License-Identifier: BSL-1.0
// framework/errors.md says what clients get: each row is brought about here, and nothing else may come.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/http/form_data.hpp"
#include "coroute/http/static_files.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"
#include "coroute/security/credentials.hpp"
#include "coroute/security/jwt_bearer.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "coroute/testing/test_client.hpp"
#include "server/error_response.hpp"
#include "support/answer_of.hpp"
#include "support/async_test.hpp"
#include "support/errors_table.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::framework_directory;
using coroute::testing::read_file;
using coroute::testing::Rows;
using coroute::testing::rows_below;
using coroute::testing::TestRequest;
using coroute::testing::text_of;

namespace {

namespace fs = std::filesystem;

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

/// What the handler `function` answers to a body; numbers as "{n}".
template <class F>
void add_answer(Rows& rows, F function, std::string_view content_type, std::string body) {
  const Handler handler = make_handler(std::move(function));
  TestRequest request("POST", "/");
  request.header("content-type", content_type).body({std::move(body)});
  const Response response = testing::answer_of(handler, request);
  std::string shown;
  bool in_number = false;
  for (const char c : response.content()) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit) shown += c;
    if (is_digit && !in_number) shown += "{n}";
    in_number = is_digit;
  }
  rows.emplace(std::to_string(response.status.code()), shown);
}

Async<Response> read_small_form(Request& request) {
  co_await request.form(FormLimits{.max_fields = 1, .max_files = 0, .max_part_size = 1024, .max_name_length = 4});
  co_return Response();
}

Async<Response> read_small_fields(Request& request) {
  co_await request.form(FormLimits{.max_fields_size = 1024});
  co_return Response();
}

Async<Response> read_small_files(Request& request) {
  co_await request.form(FormLimits{.max_file_size = 1024});
  co_return Response();
}

/// A multipart body of parts with these disposition parameters, each with that content.
std::string parts(std::initializer_list<std::string> dispositions, const std::string& content = "x") {
  std::string body;
  for (const std::string& disposition : dispositions)
    body += "--b\r\ncontent-disposition: form-data" + disposition + "\r\n\r\n" + content + "\r\n";
  return body + "--b--\r\n";
}

const Jwk& key() {
  static const Jwk made = Jwk::generate(JwtAlgorithm::HS256);
  return made;
}
JwtVerifier own_keys() {
  return {key(), {.algorithms = {JwtAlgorithm::HS256}}};
}
JwtVerifier unreachable_keys() {
  const auto transport = std::make_shared<MockTransport>();
  transport->fail<ConnectError>("GET", "/jwks", "refused");
  JwksClientOptions options;
  options.client.transport = transport;
  return {JwksClient("http://id/jwks", options), {.algorithms = {JwtAlgorithm::HS256}}};
}

}  // namespace

TEST_SUITE("errors") {
  TEST_CASE("errors table: refusals of the protocol are as listed") {
    Rows rows;
    for (const int code : {400, 405, 408, 413, 414, 417, 431, 501, 505})
      add(rows, detail::protocol_error_response(code));
    add(rows, detail::plain_http_response());
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
    App app;
    app.get("/", [] { return 1; });
    const Handler handler = std::move(app).handler();
    TestRequest late("GET", "/");
    late.header("x-request-timeout-ms", "0");
    add(rows, testing::answer_of(handler, late));
    const Response invalid = response_to(RequestValidationError({{"missing", {"body"}, "Field required"}}));
    CHECK(invalid.content().starts_with("{\"detail\":["));
    rows.emplace(std::to_string(invalid.status.code()), "{\"detail\":[...]}");
    CHECK(text_of(rows) == text_of(rows_below("While the handler runs")));
  }

  TEST_CASE("errors table: what is answered to bodies, forms and credentials that are none is as listed") {
    constexpr std::string_view multipart = "multipart/form-data; boundary=b";
    Rows rows;
    add_answer(rows, [](const std::vector<std::string>&) {}, "application/json", "[\"\xff\"]");
    add_answer(rows, read_small_form, multipart, "--b\r\nbroken");
    add_answer(rows, read_small_form, "multipart/form-data", "");
    add_answer(rows, read_small_form, multipart, parts({""}));
    add_answer(rows, read_small_form, multipart, parts({"; name=a", "; name=b"}));
    add_answer(rows, read_small_form, multipart, parts({"; name=a; filename=b"}));
    add_answer(rows, read_small_form, multipart, parts({"; name=a"}, std::string(1025, 'x')));
    add_answer(rows, read_small_form, multipart, parts({"; name=abcde"}));
    add_answer(rows, read_small_fields, multipart, parts({"; name=a"}, std::string(1025, 'x')));
    add_answer(rows, read_small_files, multipart, parts({"; name=a; filename=b"}, std::string(1025, 'x')));
    add_answer(rows, [](const HttpBearer&) {}, "", "");
    CHECK(text_of(rows) == text_of(rows_below("Bodies, forms and credentials")));
  }

  TEST_CASE("errors table: what is answered to requests for files is as listed") {
    const coroute::test::TemporaryDirectory directory;
    directory.write("file", "content");
    App app;
    app.mount("/", StaticFiles(directory.path()));
    TestClient client(std::move(app));
    Rows rows;
    for (const TestResponse& response :
         {client.get("/none"), client.post("/file"), client.get("/file", {.headers = {{"if-match", "\"x\""}}}),
          client.get("/file", {.headers = {{"range", "bytes=7-"}}})}) {
      rows.emplace(std::to_string(response.status_code()), response.text().empty() ? "nothing" : response.text());
    }
    CHECK(text_of(rows) == text_of(rows_below("Files")));
  }

  TEST_CASE("errors table: what is answered to tokens that are not good is as listed") {
    App app;
    app.get("/own", [](Security<jwt_bearer<own_keys>, "admin">) {});
    app.get("/provider", [](JwtBearer<unreachable_keys>) {});
    TestClient client(std::move(app), {.headers = {{"authorization", "Bearer " + jwt_encode(Json::object(), key())}}});
    Rows rows;
    for (const TestResponse& answer : {client.get("/own", {.headers = {{"authorization", "Bearer a.b.c"}}}),
                                       client.get("/own"), client.get("/provider")})
      rows.emplace(std::to_string(answer.status_code()), answer.text());
    CHECK(text_of(rows) == text_of(rows_below("Tokens")));
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
