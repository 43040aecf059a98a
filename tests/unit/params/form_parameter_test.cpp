// SPDX-License-Identifier: BSL-1.0
// Form fields, form models and files as arguments.
#include "coroute/params/parameter.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/app/make_handler.hpp"
#include "coroute/json.hpp"
#include "support/answer_of.hpp"

using namespace coroute;
using coroute::testing::exchange;
using coroute::testing::refused;
using coroute::testing::TestRequest;

namespace {

struct Login {
  std::string username;
  std::optional<int> age;
  bool remember = false;
  std::vector<std::string> tags;
  static constexpr auto schema =
      fields(field<&Login::remember>(defaulted), field<&Login::tags>(defaulted)).forbid_extra();
};

std::string post(const Handler& handler, std::string_view type, std::string body) {
  TestRequest request("POST", "/");
  request.header("content-type", type).body({std::move(body)});
  return exchange(handler, request);
}
std::string post_fields(const Handler& handler, std::string body) {
  return post(handler, "application/x-www-form-urlencoded", std::move(body));
}

struct Part {
  std::string name;
  std::string content;
  std::optional<std::string> filename = std::nullopt;
};
std::string post_parts(const Handler& handler, const std::vector<Part>& parts) {
  std::string body;
  for (const Part& part : parts) {
    body += "--x\r\ncontent-disposition: form-data; name=\"" + part.name + "\"";
    if (part.filename) body += "; filename=\"" + *part.filename + "\"";
    body += "\r\n\r\n" + part.content + "\r\n";
  }
  return post(handler, "multipart/form-data; boundary=x", body + "--x--\r\n");
}

std::string error(std::string_view type, std::string_view name, std::string_view message, std::string_view input) {
  return R"({"type":")" + std::string(type) + R"(","loc":["body",")" + std::string(name) + R"("],"msg":")" +
         std::string(message) + R"(","input":)" + std::string(input) + "}";
}
std::string extra(std::string_view name, std::string_view input) {
  return error("extra_forbidden", name, "Extra inputs are not permitted", input);
}
Handler login_handler() {
  return make_handler([](Form<Login> login) { return *login; });
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("form model: its fields are fields of the form, of either encoding") {
    const Handler handler = login_handler();
    const std::string shown = R"(200 {"username":"ada","age":36,"remember":true,"tags":["a","b"]})";
    CHECK(post_fields(handler, "username=ada&age=36&remember=on&tags=a&tags=b") == shown);
    CHECK(post_parts(handler, {{"tags", "a"}, {"age", "36"}, {"tags", "b"}, {"remember", "1"}, {"username", "ada"}}) ==
          shown);
    CHECK(post_fields(handler, "username=ada") == R"(200 {"username":"ada","age":null,"remember":false,"tags":[]})");
  }

  TEST_CASE("form model: an empty field is no field, and of a repeated one the last counts") {
    const Handler handler = login_handler();
    CHECK(post_fields(handler, "username=ada&age=&remember=") ==
          R"(200 {"username":"ada","age":null,"remember":false,"tags":[]})");
    CHECK(post_fields(handler, "username=&username=bob&username=ada") ==
          R"(200 {"username":"ada","age":null,"remember":false,"tags":[]})");
    CHECK(post_fields(handler, "username=bob&username=ada&username=").starts_with("422"));
  }

  TEST_CASE("form field: an empty text is an item of a list like any other, and else no value") {
    const Handler list = make_handler([](Form<std::vector<std::string>, "tags"> tags) { return *tags; });
    CHECK(post_fields(list, "tags=a&tags=&tags=b") == R"(200 ["a","","b"])");
    CHECK(post_fields(list, "tags=") == R"(200 [""])");
    CHECK(post_fields(list, "tags=&tags=") == R"(200 ["",""])");
    CHECK(post_fields(list, "") == refused(error("missing", "tags", "Field required", "null")));
    CHECK(post_fields(login_handler(), "username=a&tags=a&tags=") ==
          R"(200 {"username":"a","age":null,"remember":false,"tags":["a",""]})");
    const Handler one = make_handler([](Form<std::string, "name", defaults_to("def")> name) { return *name; });
    CHECK(post_fields(one, "name=x&name=") == R"(200 "def")");
    CHECK(post_fields(one, "name=&name=x") == R"(200 "x")");
  }

  TEST_CASE("form model: what it doesn't have is refused when it says so") {
    const Handler handler = login_handler();
    CHECK(post_fields(handler, "username=ada&extra=1") == refused(extra("extra", R"("1")")));
    CHECK(post_fields(handler, "username=ada&extra=") == refused(extra("extra", R"("")")));
    CHECK(post_fields(handler, "b=2&username=ada&a=1&b=3") ==
          refused(extra("b", R"(["2","3"])") + "," + extra("a", R"("1")")));
    CHECK(post_fields(handler, "username=ada&Username=eve") == refused(extra("Username", R"("eve")")));
    CHECK(post_parts(handler, {{"username", "ada"}, {"photo", "GIF89a", "cat.gif"}}) ==
          refused(extra("photo", R"("cat.gif")")));
  }

  TEST_CASE("form model: what is missing is told with all that was sent") {
    CHECK(post_fields(login_handler(), "age=x&extra=1") ==
          refused(
              error("missing", "username", "Field required", R"({"age":"x","remember":false,"tags":[],"extra":"1"})") +
              "," +
              error("int_parsing", "age", "Input should be a valid integer, unable to parse string as an integer",
                    R"("x")") +
              "," + extra("extra", R"("1")")));
  }

  TEST_CASE("form model: without such a rule what it doesn't have is not looked at") {
    struct Open {
      std::string name;
    };
    const Handler handler = make_handler([](Form<Open> open) { return *open; });
    CHECK(post_fields(handler, "name=a&other=b") == R"(200 {"name":"a"})");
  }

  TEST_CASE("form field: without the form it is missing") {
    const Handler handler = make_handler([](Form<std::string, "name"> name) { return *name; });
    const std::string missing = refused(error("missing", "name", "Field required", "null"));
    CHECK(post(handler, "application/json", R"({"name":"a"})") == missing);
    CHECK(post_fields(handler, "") == missing);
    CHECK(post_fields(handler, "name=") == missing);
    CHECK(post_fields(handler, "name=+") == R"(200 " ")");
  }

  TEST_CASE("file: comes with its name and content, and a text is none") {
    const Handler handler = make_handler(
        [](File<UploadFile, "photo"> photo) { return photo->filename() + ": " + std::string(photo->content()); });
    CHECK(post_parts(handler, {{"photo", "GIF89a", "cat.gif"}}) == R"(200 "cat.gif: GIF89a")");
    CHECK(post_parts(handler, {{"photo", "", "empty.gif"}}) == R"(200 "empty.gif: ")");
    CHECK(
        post_parts(handler, {{"photo", "GIF89a"}}) ==
        R"(422 {"detail":[{"type":"value_error","loc":["body","photo"],)"
        R"("msg":"Value error, Expected UploadFile, received: <class 'str'>","input":"GIF89a","ctx":{"error":{}}}]})");
    CHECK(post_parts(handler, {{"other", "GIF89a", "cat.gif"}}) ==
          refused(error("missing", "photo", "Field required", "null")));
  }

  TEST_CASE("file: several, optional ones, or the bytes alone") {
    const Handler handler =
        make_handler([](File<std::vector<UploadFile>, "photos", defaulted> photos,
                        File<std::optional<UploadFile>, "cover"> cover, File<std::string, "raw", defaulted> raw) {
          return Json{{"photos", photos->size()}, {"cover", cover->has_value()}, {"raw", *raw}};
        });
    CHECK(post_parts(handler, {}) == R"(200 {"photos":0,"cover":false,"raw":""})");
    CHECK(post_parts(handler, {{"photos", "1", "a"}, {"cover", "2", "b"}, {"photos", "3", "c"}, {"raw", "4", "d"}}) ==
          R"(200 {"photos":2,"cover":true,"raw":"4"})");
  }
}
