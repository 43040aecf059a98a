// SPDX-License-Identifier: BSL-1.0
// Which limits the forms of a route have; what they mean is in the tests of the form's parsers.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/http/form_encoding.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;

namespace {

std::size_t size_of_note(Form<std::string, "note"> note) {
  return note->size();
}

Async<std::size_t> size_of_form(Request& request) {
  const FormData& form = co_await request.form();
  co_return form.text("note").value_or("").size();
}

std::string checked_note(Form<std::string, "note"> note) {
  return *note;
}
std::size_t size_by_dependency(Depends<checked_note> note) {
  return note->size();
}

Async<Response> read_first(Request& request, const Handler& next) {
  co_await request.form();
  Response response = co_await next(request);
  co_return response;
}

/// How long a note may be.
FormLimits longest(std::size_t size) {
  return {.max_part_size = size};
}

int status_for(TestClient& client, std::string_view path, std::size_t size) {
  MultipartWriter form;
  form.add("note", std::string(size, 'x'));
  const std::string type = form.content_type();
  return client.post(path, {.headers = {{"content-type", type}}, .body = form.finish()}).status_code();
}

/// The largest note that is taken, if it is one of these: below the limit, and at it, but not above.
bool limit_is(TestClient& client, std::string_view path, std::size_t limit) {
  return status_for(client, path, limit - 1) == 200 && status_for(client, path, limit) == 200 &&
         status_for(client, path, limit + 1) == 400;
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("form limits: those of the route hold for arguments, for Request::form and for dependencies") {
    App app;
    app.post("/argument", size_of_note, {.form_limits = longest(10)});
    app.post("/form", size_of_form, {.form_limits = longest(10)});
    app.post("/dependency", size_by_dependency, {.form_limits = longest(10)});
    app.post("/default", size_of_note, {.max_body_bytes = 4'000'000});
    TestClient client(std::move(app));
    CHECK(limit_is(client, "/argument", 10));
    CHECK(limit_is(client, "/form", 10));
    CHECK(limit_is(client, "/dependency", 10));
    CHECK(limit_is(client, "/default", 1024 * 1024));
  }

  TEST_CASE("form limits: the innermost ones count, of the route, the router and the application") {
    App app({.form_limits = longest(10)});
    app.post("/app", size_of_note);
    Router notes("/notes", {.form_limits = longest(20)});
    notes.post("/router", size_of_note);
    notes.post("/route", size_of_note, {.form_limits = longest(5)});
    Router inner("/inner");
    inner.post("", size_of_note);
    notes.include(std::move(inner));
    Router given("/given");
    given.post("", size_of_note);
    app.include(std::move(notes));
    app.include(std::move(given), "", {.form_limits = longest(30)});
    TestClient client(std::move(app));
    CHECK(limit_is(client, "/app", 10));
    CHECK(limit_is(client, "/notes/router", 20));
    CHECK(limit_is(client, "/notes/route", 5));
    CHECK(limit_is(client, "/notes/inner", 20));
    CHECK(limit_is(client, "/given", 30));
  }

  TEST_CASE("form limits: hold for middleware of the route that reads the form first") {
    App app;
    Router router("/router");
    router.use(read_first);
    router.post("", size_of_note, {.form_limits = longest(10)});
    app.include(std::move(router));
    app.post("/route", size_of_note, {.form_limits = longest(10), .middleware = {read_first}});
    TestClient client(std::move(app));
    CHECK(limit_is(client, "/router", 10));
    CHECK(limit_is(client, "/route", 10));
  }

  TEST_CASE("form limits: an application that is mounted has its own") {
    App inner({.form_limits = longest(20)});
    inner.post("/", size_of_note);
    App app({.form_limits = longest(10)});
    app.mount("/inner", std::move(inner).handler());
    TestClient client(std::move(app));
    CHECK(limit_is(client, "/inner/", 20));
  }

  TEST_CASE("form limits: a file that is too large is answered with 413 and the limit") {
    App app;
    app.post("/", [](File<UploadFile, "photo"> photo) { return photo->size(); },
             {.form_limits = FormLimits{.max_file_size = 5}});
    TestClient client(std::move(app));
    const auto upload = [&](std::string_view content) {
      MultipartWriter form;
      form.add_file("photo", "p", content);
      const std::string type = form.content_type();
      const TestResponse response = client.post("/", {.headers = {{"content-type", type}}, .body = form.finish()});
      return std::to_string(response.status_code()) + " " + std::string(response.text());
    };
    CHECK(upload("1234") == "200 4");
    CHECK(upload("12345") == "200 5");
    CHECK(upload("123456") == R"(413 {"detail":"File exceeded maximum size of 5 bytes."})");
  }

  TEST_CASE("form limits: files of the arguments are on disk or in memory as they say") {
    App app;
    app.post("/",
             [](File<UploadFile, "photo"> photo, File<std::vector<UploadFile>, "more", defaulted> more,
                File<std::string, "bytes"> bytes) {
               std::string shown = photo->is_in_memory() ? "memory" : "disk";
               for (const UploadFile& file : *more)
                 shown += file.is_in_memory() ? " memory" : " disk";
               return shown + " " + *bytes;
             },
             {.form_limits = FormLimits{.spool_max_size = 3}});
    TestClient client(std::move(app));
    MultipartWriter form;
    form.add_file("photo", "p", "1234").add_file("more", "m", "123").add_file("more", "n", "1234");
    form.add_file("bytes", "b", "12345");
    const std::string type = form.content_type();
    const TestResponse response = client.post("/", {.headers = {{"content-type", type}}, .body = form.finish()});
    CHECK(response.text() == "\"disk memory disk 12345\"");
  }
}
