// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a test sends: as one value to a synchronous call, or built up in an expression that is awaited.
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/http/json_fwd.hpp"
#include "coroute/http/query_params.hpp"
#include "coroute/testing/test_response.hpp"

namespace coroute {

namespace detail {
struct OutgoingTestRequest;
class TestClientCore;
}  // namespace detail

/// A name with its text: a query parameter, a form field, a cookie. Numbers and bool as JSON writes them.
struct TextPair {
  TextPair(std::string_view name, std::string_view value) : name(name), value(value) {}
  template <detail::QueryScalar T>
  TextPair(std::string_view name, T value) : name(name), value(detail::scalar_query_text(value)) {}

  std::string name;
  std::string value;
};

/// A Json to send, kept as text; without one, nothing. Include `coroute/json.hpp` to make it: `Json{{"name", "x"}}`.
class JsonText {
 public:
  JsonText() = default;
  /// A template, so that braces alone don't convert: `{{"name", "x"}}` would be taken for the array of both.
  template <std::same_as<Json> T>
  JsonText(const T& value) : text_(text_of(value)) {}

  const std::optional<std::string>& text() const noexcept { return text_; }

 private:
  static std::string text_of(const Json& value);

  std::optional<std::string> text_;
};

/// A file of a form: `{"photo", "sunset.jpg", jpeg, "image/jpeg"}`.
struct TestFile {
  std::string name;
  std::string filename;
  std::string content = {};
  std::string content_type = "application/octet-stream";
};

/// What a request has beyond its method and URL. At most one of `json`, `form` with `files`, `body` and `chunks`; a
/// `content-type` among the headers replaces the one that they imply.
///
///     client.post("/items", {.headers = {{"x-token", "fake"}}, .json = Json{{"name", "x"}}});
struct TestRequestOptions {
  std::vector<TextPair> query = {};      ///< Appended to the URL, percent-encoded.
  Headers headers = {};                  ///< Instead of default fields of that name.
  std::vector<TextPair> cookies = {};    ///< For this request and redirects on its host; beside those of the jar.
  JsonText json = {};                    ///< application/json.
  std::vector<TextPair> form = {};       ///< application/x-www-form-urlencoded.
  std::vector<TestFile> files = {};      ///< With the texts of `form`, if any: multipart/form-data.
  std::optional<std::string> body = {};  ///< Bytes as they are: application/octet-stream.
  std::vector<std::string> chunks = {};  ///< The same in pieces that arrive one by one, without a length ahead.
  Headers trailers = {};                 ///< What comes behind `chunks`.
  std::optional<bool> follow_redirects = {};
};

/// Made by the `async_` members of a TestClient. Nothing is sent until it is awaited, which takes it; awaiting it again
/// throws RuntimeError. The vocabulary is that of Client's RequestBuilder.
///
///     TestResponse created = co_await client.async_post("/items").body(text, "text/plain").header("x-token", "fake");
///     auto [a, b] = co_await gather(client.async_get("/a"), client.async_get("/b"));
///
/// `create_task` takes `client.async_get("/a").send()`. Cancelling what awaits it is a client that leaves: the handler
/// is cancelled with CancelReason::Disconnect, unless its route says otherwise, and its end is waited for.
class [[nodiscard("a request is not sent until it is awaited")]] TestRequestBuilder {
 public:
  TestRequestBuilder(TestRequestBuilder&&) noexcept;
  TestRequestBuilder& operator=(TestRequestBuilder&&) noexcept;
  ~TestRequestBuilder();

  /// Appends a query parameter, percent-encoded.
  TestRequestBuilder&& query(std::string_view name, std::string_view value);
  template <detail::QueryScalar T>
  TestRequestBuilder&& query(std::string_view name, T value);

  /// Adds a field; default fields of that name are then not sent. std::invalid_argument for a bad name or value (CR,
  /// LF, NUL ...) and for `content-length` and `transfer-encoding`, which belong to the client.
  TestRequestBuilder&& header(std::string_view name, std::string_view value);
  /// std::invalid_argument for a name that is no token.
  TestRequestBuilder&& cookie(std::string_view name, std::string_view value);

  /// Sets the body; a `content-type` field replaces the type.
  TestRequestBuilder&& body(std::string bytes, std::string_view content_type = "application/octet-stream");
  /// The body is the JSON text of `value`.
  TestRequestBuilder&& json(const Json& value);
  /// Adds a field to a body of type application/x-www-form-urlencoded, or multipart/form-data with files.
  TestRequestBuilder&& form(std::string_view name, std::string_view value);
  template <detail::QueryScalar T>
  TestRequestBuilder&& form(std::string_view name, T value);
  /// Adds a file to the form, whose body is then multipart/form-data. std::invalid_argument, when it is sent, for what
  /// MultipartWriter refuses.
  TestRequestBuilder&& file(TestFile file);
  /// Adds a piece to a body that arrives piece by piece, without a length ahead.
  TestRequestBuilder&& chunk(std::string piece);

  /// Adds a field that comes behind these. std::invalid_argument for a bad name or value and for one that has to be
  /// known before the body (RFC 9110 section 6.5.1), RuntimeError when it is sent without `chunk`.
  TestRequestBuilder&& trailer(std::string_view name, std::string_view value);

  TestRequestBuilder&& follow_redirects(bool follow);
  /// All of that at once.
  TestRequestBuilder&& with(TestRequestOptions options);

  /// The request as a coroutine, for create_task.
  Async<TestResponse> send();

  detail::CallAwaiter<TestResponse> operator co_await() { return send().operator co_await(); }

 private:
  friend class TestClient;
  TestRequestBuilder(std::shared_ptr<detail::TestClientCore> client, std::string_view method, std::string_view url);
  detail::OutgoingTestRequest& request();
  void begin_form();

  std::unique_ptr<detail::OutgoingTestRequest> request_;
};

// Implementation

template <detail::QueryScalar T>
TestRequestBuilder&& TestRequestBuilder::query(std::string_view name, T value) {
  return query(name, std::string_view(detail::scalar_query_text(value)));
}

template <detail::QueryScalar T>
TestRequestBuilder&& TestRequestBuilder::form(std::string_view name, T value) {
  return form(name, std::string_view(detail::scalar_query_text(value)));
}

}  // namespace coroute
