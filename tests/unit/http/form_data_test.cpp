// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/form_data.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/http/http_exception.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::TestRequest;

namespace {

constexpr std::string_view urlencoded = "application/x-www-form-urlencoded";
constexpr std::string_view multipart = "multipart/form-data; boundary=----b0und";
const std::string upload_body =
    "------b0und\r\nContent-Disposition: form-data; name=\"file\"; filename=\"test.txt\"\r\n"
    "Content-Type: text/plain\r\n\r\n<file content>\r\n------b0und\r\n"
    "Content-Disposition: form-data; name=\"token\"\r\n\r\nfoo\r\n------b0und--\r\n";
constexpr std::string_view upload_fields = "[file=<test.txt>][token=foo]";

std::string dump(const FormData& form) {
  std::string out;
  for (const auto& [name, value] : form) {
    out += '[' + name + '=';
    out += value.is_file() ? '<' + value.file()->filename() + '>' : std::string(*value.text());
    out += ']';
  }
  return out;
}

/// The fields, or the status and detail of the error. Awaited outside of any assertion.
Async<std::string> form_of(Request& request, FormLimits limits = {}) {
  std::string outcome;
  try {
    const FormData& form = co_await request.form(limits);
    outcome = dump(form);
  } catch (const HttpException& error) {
    outcome = std::to_string(error.status().code()) + ' ' + error.detail_json();
  }
  co_return outcome;
}

std::string form_of(std::string_view content_type, std::string_view body, const FormLimits& limits = {}) {
  TestRequest request("POST", "/");
  if (!content_type.empty()) request.header("content-type", content_type);
  request.body({std::string(body)});
  return run(form_of(*request, limits), {.virtual_time = true});
}

std::vector<std::string> bytes_of(std::string_view text) {
  std::vector<std::string> bytes;
  for (const char c : text)
    bytes.emplace_back(1, c);
  return bytes;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("form data: an empty one has no fields") {
    const FormData form;
    CHECK(form.empty());
    CHECK(form.size() == 0);
    CHECK_FALSE(form.get("a"));
    CHECK_FALSE(form.text("a").has_value());
    CHECK_FALSE(form.file("a"));
    CHECK(form.get_all("a").empty());
    CHECK_FALSE(form.contains(""));
  }

  TEST_CASE("form data: get gives the last value, get_all gives all in order") {
    FormData form;
    form.add("a", "1");
    form.add("b", UploadFile("f", "content"));
    form.add("a", "2");
    CHECK(form.size() == 3);
    CHECK(form.text("a") == "2");
    REQUIRE(form.get("a"));
    CHECK(form.get("a")->text() == "2");
    const std::vector<const FormValue*> all = form.get_all("a");
    REQUIRE(all.size() == 2);
    CHECK(all[0]->text() == "1");
    CHECK(all[1]->text() == "2");
    CHECK(form.contains("b"));
    CHECK_FALSE(form.contains("A"));
    CHECK(dump(form) == "[a=1][b=<f>][a=2]");
  }

  TEST_CASE("form data: a text is no file and a file is no text") {
    FormData form;
    form.add("t", std::string("text"));
    form.add("f", UploadFile("name", "content"));
    CHECK_FALSE(form.get("t")->is_file());
    CHECK_FALSE(form.file("t"));
    CHECK(form.get("f")->is_file());
    CHECK_FALSE(form.text("f").has_value());
    CHECK_FALSE(form.get("f")->text().has_value());
    REQUIRE(form.file("f"));
    CHECK(form.file("f")->content() == "content");
  }

  TEST_CASE("form data: the last value counts even when it is of the other kind") {
    FormData form;
    form.add("a", "text");
    form.add("a", UploadFile("f", ""));
    CHECK_FALSE(form.text("a").has_value());
    CHECK(form.file("a"));
    form.add("a", "again");
    CHECK(form.text("a") == "again");
    CHECK_FALSE(form.file("a"));
  }

  TEST_CASE("form data: a copy shares the files") {
    FormData form;
    form.add("f", UploadFile("f", "content"));
    const FormData copy = form;
    CHECK(copy.file("f")->content().data() == form.file("f")->content().data());
  }

  TEST_CASE("request form: a urlencoded body is read") {
    CHECK(form_of(urlencoded, "username=a&full_name=b+c") == "[username=a][full_name=b c]");
    CHECK(form_of("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "a=1") == "[a=1]");
    CHECK(form_of("application/x-www-form-urlencoded ;\"", "a=1") == "[a=1]");
    CHECK(form_of(urlencoded, "") == "");
  }

  TEST_CASE("request form: a multipart body is read") {
    CHECK(form_of(multipart, upload_body) == upload_fields);
    CHECK(form_of("Multipart/Form-Data;charset=utf-8;BOUNDARY=\"----b0und\"", upload_body) == upload_fields);
    CHECK(form_of(multipart, "") == "");
  }

  TEST_CASE("request form: a body of another content type is an empty form") {
    for (const std::string_view type : {"", "application/json", "text/plain", "multipart/mixed; boundary=b",
                                        "multipart/form-datax; boundary=b", "application/x-www-form-urlencodedx"}) {
      CAPTURE(type);
      CHECK(form_of(type, "a=1") == "");
    }
    TestRequest request;
    CHECK(run(form_of(*request), {.virtual_time = true}) == "");
  }

  TEST_CASE("request form: a multipart body without a boundary is refused") {
    constexpr std::string_view missing = R"(400 "Missing boundary in multipart.")";
    CHECK(form_of("multipart/form-data", "x") == missing);
    CHECK(form_of("multipart/form-data; boundary=", "x") == missing);
    CHECK(form_of("multipart/form-data; boundary=\"\"", "x") == missing);
    CHECK(form_of("multipart/form-data; boundary", "x") == missing);
    CHECK(form_of("multipart/form-data", "") == missing);
  }

  TEST_CASE("request form: a content type that two readers could read differently is refused") {
    constexpr std::string_view broken = R"(400 "There was an error parsing the body")";
    CHECK(form_of("multipart/form-data; boundary=b; boundary=c", "--b--") == broken);
    CHECK(form_of("multipart/form-data; boundary=\"b", "--b--") == broken);
    CHECK(form_of("multipart/form-data; boundary=\"b \"", "--b --") == broken);
    CHECK(form_of("multipart/form-data; boundary=\"b\nc\"", "--b--") == broken);
    CHECK(form_of("multipart/form-data; boundary=b; charset=utf-16", "--b--") == broken);
    CHECK(form_of("multipart/form-data; boundary=b; charset=latin-1", "--b--") == "");
  }

  TEST_CASE("request form: a boundary may have 70 characters and not more") {
    for (const std::size_t length : {1U, 69U, 70U, 71U}) {
      CAPTURE(length);
      const std::string boundary(length, 'b');
      const std::string body =
          "--" + boundary + "\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--" + boundary + "--";
      CHECK(form_of("multipart/form-data; boundary=" + boundary, body) ==
            (length <= 70 ? "[a=x]" : R"(400 "There was an error parsing the body")"));
    }
  }

  TEST_CASE("request form: the limits hold for both kinds of body") {
    constexpr std::string_view too_many = R"(400 "Too many fields. Maximum number of fields is 1.")";
    CHECK(form_of(urlencoded, "a=1&b=2", {.max_fields = 1}) == too_many);
    CHECK(form_of(urlencoded, "a=1", {.max_fields = 1}) == "[a=1]");
    CHECK(form_of(multipart, upload_body, {.max_fields = 0}) ==
          R"(400 "Too many fields. Maximum number of fields is 0.")");
    CHECK(form_of(multipart, upload_body, {.max_fields = 1, .max_files = 1}) == upload_fields);
    CHECK(form_of(multipart, upload_body, {.max_files = 0}) ==
          R"(400 "Too many files. Maximum number of files is 0.")");
    CHECK(form_of(multipart, upload_body, {.max_part_size = 3}) == upload_fields);
    CHECK(form_of(multipart, upload_body, {.max_part_size = 2}) == R"(400 "Part exceeded maximum size of 0KB.")");
  }

  ASYNC_TEST_CASE("request form: a second call gives the same data") {
    TestRequest request("POST");
    request.header("content-type", multipart).body({upload_body});
    const FormData& first = co_await request->form();
    const FormData& second = co_await request->form({.max_fields = 0});
    CHECK(&first == &second);
    CHECK(dump(second) == upload_fields);
  }

  ASYNC_TEST_CASE("request form: a second call throws the same error and reads nothing more") {
    TestRequest request("POST");
    request.header("content-type", multipart)
        .body({"------b0und\r\nContent-Disposition: form-data; name=a\r\n\r\n1234", "\r\n------b0und--"});
    const std::string first = co_await form_of(*request, {.max_part_size = 3});
    const std::string second = co_await form_of(*request);
    CHECK(first == R"(400 "Part exceeded maximum size of 0KB.")");
    CHECK(second == first);
    CHECK(request.source().pieces_read() == 1);
  }

  ASYNC_TEST_CASE("request form: the body is read as it comes, byte by byte if need be") {
    for (const std::string_view type : {multipart, urlencoded}) {
      const std::string body = type == multipart ? upload_body : "file=%3Ctest.txt%3E&token=foo";
      TestRequest request("POST");
      request.header("content-type", type).body(bytes_of(body), 1ms);
      const std::string fields = co_await form_of(*request);
      CHECK(fields == upload_fields);
    }
  }

  ASYNC_TEST_CASE("request form: nothing more is read once the form is refused") {
    TestRequest request("POST");
    request.header("content-type", urlencoded).body({"a&b&", "c&", "d&", "e"});
    const std::string outcome = co_await form_of(*request, {.max_fields = 2});
    CHECK(outcome.starts_with("400"));
    CHECK(request.source().pieces_read() == 2);
  }

  ASYNC_TEST_CASE("request form: the body limit counts") {
    for (const std::uint64_t limit : {4U, 3U, 2U}) {
      TestRequest request("POST");
      request.header("content-type", urlencoded).body({"a=", "1"});
      request->set_max_body_bytes(limit);
      const std::string outcome = co_await form_of(*request);
      CHECK(outcome == (limit >= 3 ? "[a=1]" : R"(413 "Content Too Large")"));
    }
  }

  ASYNC_TEST_CASE("request form: may be read after the body") {
    TestRequest request("POST");
    request.header("content-type", urlencoded).body({"a=1&", "b=2"});
    const std::string_view body = co_await request->body();
    const std::string fields = co_await form_of(*request);
    const std::string_view again = co_await request->body();
    CHECK(fields == "[a=1][b=2]");
    CHECK(body == "a=1&b=2");
    CHECK(again == body);
  }

  ASYNC_TEST_CASE("request form: the body is not to be had after the form") {
    TestRequest request("POST");
    request.header("content-type", urlencoded).body({"a=1"}, 0ms, true);
    const std::string fields = co_await form_of(*request);
    CHECK(fields == "[a=1]");
    CHECK_THROWS_AS((void)request->body(), RuntimeError);
  }

  ASYNC_TEST_CASE("request form: a body that is no form stays to be read") {
    TestRequest request("POST");
    request.json("[1]");
    const std::string fields = co_await form_of(*request);
    const std::string_view body = co_await request->body();
    CHECK(fields == "");
    CHECK(body == "[1]");
  }

  ASYNC_TEST_CASE("request form: one whose reading was cancelled can be read on") {
    TestRequest request("POST");
    request.header("content-type", urlencoded).body({"a=1&b", "=2&", "c=3"}, 10ms);
    Task<std::string> task = create_task(form_of(*request));
    co_await sleep(25ms);
    task.cancel();
    bool cancelled = false;
    try {
      co_await task;
    } catch (const Cancelled&) {
      cancelled = true;
    }
    CHECK(cancelled);
    const std::string fields = co_await form_of(*request);
    CHECK(fields == "[a=1][b=2][c=3]");
  }

  ASYNC_TEST_CASE("request form: follows a reading of the body that was cancelled") {
    TestRequest request("POST");
    request.header("content-type", urlencoded).body({"a=1&b", "=2&", "c=3"}, 10ms);
    Task<std::string_view> task = create_task(request->body());
    co_await sleep(25ms);
    task.cancel();
    try {
      co_await task;
    } catch (const Cancelled&) {
    }
    const std::string fields = co_await form_of(*request);
    CHECK(fields == "[a=1][b=2][c=3]");
  }

  ASYNC_TEST_CASE("read_form: gives a form that outlives the request") {
    FormData form;
    {
      TestRequest request("POST");
      request.header("content-type", multipart).body({upload_body});
      form = co_await read_form(*request);
    }
    CHECK(dump(form) == upload_fields);
    const std::string_view content = co_await form.file("file")->read();
    CHECK(content == "<file content>");
  }

  ASYNC_TEST_CASE("read_form: gives the same files as the request") {
    TestRequest request("POST");
    request.header("content-type", multipart).body({upload_body});
    const FormData copy = co_await read_form(*request, {.max_files = 1});
    const FormData& form = co_await request->form();
    CHECK(copy.file("file")->content().data() == form.file("file")->content().data());
  }
}
