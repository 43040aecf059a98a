// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: answers, forms, files and errors.
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

#include <doctest/doctest.h>

#include "guide/errors_of.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::errors_of;

namespace {

namespace response_models {
// [response_model]
struct UserIn {
  std::string username;
  std::string password;
  Email email;
  std::optional<std::string> full_name;
};

struct UserOut {
  std::string username;
  Email email;
  std::optional<std::string> full_name;
};

UserOut create_user(const UserIn& user) {  // what is returned is what is documented and sent
  return {user.username, user.email, user.full_name};
}

UserIn create_user_filtered(const UserIn& user) {  // with a response model, only what that has
  return user;
}

App make_app() {
  App app;
  app.post("/users", create_user);
  app.post("/filtered", create_user_filtered, {.response_model = response_model<UserOut>()});
  app.post("/short", create_user, {.output = {.exclude_none = true, .exclude = {"email"}}});
  return app;
}
// [/response_model]
}  // namespace response_models

namespace status_codes {
// [status]
struct Item {
  std::string name;
};

App make_app() {
  App app;
  app.post("/items", [](const Item& item) { return item; }, {.status = 201});
  app.del("/items/{name}", [](Path<std::string, "name">) {}, {.status = Status::NoContent});
  app.put("/items/{name}", [](Path<std::string, "name"> name, Response& response) {
    if (*name == "new") response.status = 201;  // or by circumstances, with headers and cookies
    response.headers.set("x-name", *name);
    response.set_cookie({.name = "seen", .value = *name, .max_age = 60s});
    return Item{*name};
  });
  app.get("/legacy", [] { return redirect("/items"); });  // a Response is sent as it is
  app.get("/page", [] { return "<h1>Hi</h1>"; }, {.answer_as = AnswerAs::Html});
  return app;
}
// [/status]
}  // namespace status_codes

namespace forms {
// [form]
struct Login {
  std::string username;
  SecretStr password;  // shown as ********** wherever it is printed
  bool remember = false;
  static constexpr auto schema = fields(field<&Login::remember>(defaulted)).forbid_extra();
};

Json login(Form<std::string, "username", min_length(1)> username, Form<std::string, "password"> password) {
  return Json{{"username", *username}, {"password_length", password->size()}};
}

Json login_with_model(Form<Login> login) {  // no name: each of its fields is a field of the form
  return Json{{"username", login->username}, {"remember", login->remember}};
}
// [/form]

// [file]
Async<Json> upload(File<UploadFile, "photo"> photo, File<std::vector<UploadFile>, "more", defaulted> more,
                   Form<std::optional<std::string>, "note"> note) {
  std::size_t bytes = 0;
  for (auto piece = co_await photo->read(64 * 1024); !piece.empty(); piece = co_await photo->read(64 * 1024))
    bytes += piece.size();
  co_return Json{{"filename", photo->filename()},
                 {"content_type", photo->content_type().value_or("")},
                 {"bytes", bytes},
                 {"more", more->size()},
                 {"note", note->value_or("")}};
}

std::size_t count_bytes(File<std::string, "file"> file) {  // the bytes alone
  return file->size();
}

void add_upload_routes(App& app) {
  app.post("/photos", upload, {.max_body_bytes = 10'000'000});
  app.post("/files", count_bytes);
}
// [/file]
}  // namespace forms

namespace errors {
// [http_exception]
const std::map<std::string, std::string> items{{"foo", "The Foo Wrestlers"}};

Json read_item(Path<std::string, "item_id"> item_id) {
  const auto found = items.find(*item_id);
  if (found == items.end()) throw HttpException(404, "Item not found", {{"x-error", "There goes my error"}});
  return Json{{"item", found->second}};
}
// [/http_exception]

// [exception_handlers]
struct SoldOut : std::runtime_error {
  explicit SoldOut(std::string item) : std::runtime_error("sold out"), sku(std::move(item)) {}
  std::string sku;
};

Json buy(Path<int, "sku"> sku) {
  if (*sku == 3) throw SoldOut("three");
  return Json{{"sku", *sku}};
}

App make_app() {
  App app;
  app.get("/items/{item_id}", read_item);
  app.get("/buy/{sku}", buy);
  app.exception_handler<SoldOut>([](Request&, const SoldOut& error) {
    return json(Json{{"message", "Oops! " + error.sku + " is sold out"}}, 418);
  });
  app.exception_handler<RequestValidationError>([](Request&, const RequestValidationError& error) {
    std::string message = "Validation errors:";
    for (const ErrorDetail& each : error.errors())
      message += "\n" + to_string(each.loc) + ": " + each.msg;
    return text(message, 400);
  });
  app.exception_handler(404, [](Request& request, const HttpException& error) {  // the router's 404, too
    return json_text(R"({"lost":)" + error.detail_json() + "}", request.path().size() > 100 ? 414 : 404);
  });
  return app;
}
// [/exception_handlers]

// [problem_details]
App make_problem_app() {
  App app({.problem_details = true});  // RFC 9457 for whatever goes wrong
  app.get("/items/{item_id}", read_item);
  app.get("/buy/{sku}", [](Path<int, "sku"> sku) -> Json {
    throw ProblemException({.status = 409, .type = "https://shop.example/problems/sold-out", .title = "Sold out"})
        .with("sku", *sku);
  });
  return app;
}
// [/problem_details]
}  // namespace errors

namespace configuration {
// [operation]
struct Item {
  std::string name;
};
struct Message {
  std::string detail;
};

Item read_item(Path<int, "item_id"> item_id) {
  return {"item " + std::to_string(*item_id)};
}

App make_app() {
  App app;
  app.get("/items/{item_id}", read_item,
          {.name = "read_item",  // the operationId, so the name of the function in generated clients
           .tags = {"items"},
           .summary = "Read an item",
           .description = "With **Markdown**.",
           .response_description = "The item",
           .responses = {{"404", {.description = "No such item", .schema = schema_of<Message>}}}});
  app.get("/elements", [] { return std::vector<Item>(); }, {.tags = {"items"}, .deprecated = true});
  app.get("/internal", [] { return "hidden"; }, {.include_in_schema = false});
  return app;
}
// [/operation]
}  // namespace configuration

namespace background {
// [background]
Async<void> write_log(std::string line, std::string& log) {
  co_await sleep(1s);
  log += line;
}

App make_app(std::string& log) {
  App app;
  app.post("/notify/{email}", [&log](Request& request, Path<Email, "email"> email) {
    request.add_after_response(write_log("notified " + email->address(), log));  // the client doesn't wait for it
    return Json{{"message", "Notification sent"}};
  });
  return app;
}
// [/background]
}  // namespace background

/// A multipart body of a form.
TestRequestOptions multipart(std::string_view parts) {
  return {.headers = {{"content-type", "multipart/form-data; boundary=XX"}}, .body = std::string(parts)};
}

}  // namespace

TEST_SUITE("guide") {
  TEST_CASE("guide: an answer has what its type has") {
    TestClient client(response_models::make_app());
    const Json user{{"username", "ada"}, {"password", "secret"}, {"email", "ada@example.com"}};
    const std::string shown = R"({"username":"ada","email":"ada@example.com","full_name":null})";
    CHECK(client.post("/users", {.json = user}).text() == shown);
    CHECK(client.post("/filtered", {.json = user}).text() == shown);
    CHECK(client.post("/short", {.json = user}).text() == R"({"username":"ada"})");
  }

  TEST_CASE("guide: the status is the route's, the handler's or the response's") {
    TestClient client(status_codes::make_app(), {.follow_redirects = false});
    CHECK(client.post("/items", {.json = Json{{"name", "x"}}}).status_code() == 201);
    const TestResponse gone = client.del("/items/x");
    CHECK(gone.status_code() == 204);
    CHECK(gone.text().empty());
    const TestResponse made = client.put("/items/new");
    CHECK(made.status_code() == 201);
    CHECK(made.header("x-name") == "new");
    CHECK(client.cookies().get("seen") == "new");
    CHECK(client.put("/items/old").status_code() == 200);
    CHECK(client.get("/legacy").status_code() == 307);
    CHECK(client.get("/page").header("content-type") == "text/html; charset=utf-8");
  }

  TEST_CASE("guide: forms come as fields or as a model") {
    App app;
    app.post("/login", forms::login);
    app.post("/model", forms::login_with_model);
    TestClient client(std::move(app));
    CHECK(client.post("/login", {.form = {{"username", "ada"}, {"password", "secret"}}}).json() ==
          Json{{"username", "ada"}, {"password_length", 6}});
    CHECK(errors_of(client.post("/login", {.form = {{"username", ""}}})) ==
          "body.username: missing, body.password: missing");
    CHECK(client.post("/model", {.form = {{"username", "ada"}, {"password", "s"}, {"remember", "on"}}}).json() ==
          Json{{"username", "ada"}, {"remember", true}});
    CHECK(errors_of(client.post("/model", {.form = {{"username", "ada"}, {"password", "s"}, {"x", "y"}}})) ==
          "body.x: extra_forbidden");
  }

  TEST_CASE("guide: files come with their names, and texts beside them") {
    App app;
    forms::add_upload_routes(app);
    TestClient client(std::move(app));
    const std::string photo =
        "--XX\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"cat.png\"\r\ncontent-type: "
        "image/png\r\n\r\n"
        "meow\r\n";
    const std::string note = "--XX\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nmine\r\n--XX--\r\n";
    CHECK(client.post("/photos", multipart(photo + note)).json() ==
          Json{{"filename", "cat.png"}, {"content_type", "image/png"}, {"bytes", 4}, {"more", 0}, {"note", "mine"}});
    CHECK(errors_of(client.post("/photos", multipart(note))) == "body.photo: missing");
    const std::string file =
        "--XX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n12345\r\n--XX--\r\n";
    CHECK(client.post("/files", multipart(file)).text() == "5");
  }

  TEST_CASE("guide: an HttpException is the answer") {
    App app;
    app.get("/items/{item_id}", errors::read_item);
    TestClient client(std::move(app));
    CHECK(client.get("/items/foo").json() == Json{{"item", "The Foo Wrestlers"}});
    const TestResponse missing = client.get("/items/bar");
    CHECK(missing.status_code() == 404);
    CHECK(missing.text() == R"({"detail":"Item not found"})");
    CHECK(missing.header("x-error") == "There goes my error");
  }

  TEST_CASE("guide: the application answers errors in its own way") {
    TestClient client(errors::make_app());
    CHECK(client.get("/buy/3").status_code() == 418);
    CHECK(client.get("/buy/3").json() == Json{{"message", "Oops! three is sold out"}});
    const TestResponse invalid = client.get("/buy/x");
    CHECK(invalid.status_code() == 400);
    CHECK(invalid.text() ==
          "Validation errors:\npath.sku: Input should be a valid integer, unable to parse string as an integer");
    CHECK(client.get("/items/bar").text() == R"({"lost":"Item not found"})");
    CHECK(client.get("/nowhere").text() == R"({"lost":"Not Found"})");
  }

  TEST_CASE("guide: errors are problem details when the application says so") {
    TestClient client(errors::make_problem_app());
    const TestResponse missing = client.get("/items/bar");
    CHECK(missing.header("content-type") == "application/problem+json");
    CHECK(missing.json()["detail"] == "Item not found");
    CHECK(client.get("/buy/x").json()["errors"][0]["type"] == "int_parsing");
    const Json sold_out = client.get("/buy/3").json();
    CHECK(sold_out["type"] == "https://shop.example/problems/sold-out");
    CHECK(sold_out["sku"] == 3);
  }

  TEST_CASE("guide: what a route says about itself stands in the document") {
    App app = configuration::make_app();
    const Json paths = Json::parse(app.openapi())["paths"];
    const Json& operation = paths["/items/{item_id}"]["get"];
    CHECK(operation["operationId"] == "read_item");
    CHECK(operation["tags"] == Json{"items"});
    CHECK(operation["summary"] == "Read an item");
    CHECK(operation["responses"]["200"]["description"] == "The item");
    CHECK(operation["responses"]["404"]["content"]["application/json"]["schema"]["$ref"] ==
          "#/components/schemas/Message");
    CHECK(paths["/elements"]["get"]["deprecated"] == true);
    CHECK(!paths.contains("/internal"));
  }

  TEST_CASE("guide: work after the response doesn't hold it up") {
    std::string log;
    TestClient client(background::make_app(log));
    const TestResponse response = client.post("/notify/ada@example.com");
    CHECK(response.elapsed() == 0s);
    client.advance(1s);
    CHECK(log == "notified ada@example.com");
  }
}
