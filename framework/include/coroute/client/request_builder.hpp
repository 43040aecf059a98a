// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One outbound request on its way to being sent.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/client/client_response.hpp"
#include "coroute/client/client_stream.hpp"
#include "coroute/client/event_source.hpp"
#include "coroute/http/form_encoding.hpp"
#include "coroute/http/json_fwd.hpp"
#include "coroute/http/query_params.hpp"
#include "coroute/params/json_value.hpp"
#include "coroute/params/model.hpp"

namespace coroute {

namespace detail {
class ClientCore;
struct OutgoingRequest;
}  // namespace detail

/// Made by a Client. Nothing is sent until it is awaited, which takes it; awaiting it again throws RuntimeError.
///
///     auto stock = co_await backend.get("/stock").query("sku", 7).header("x-trace", id).timeout(2s);
///
/// Awaiting gives the ClientResponse or throws a ClientError (see client/errors.hpp). It works where an awaitable does:
/// `gather(client.get(a), client.get(b))`, `timeout(1s, client.get(a))`; `create_task` takes `client.get(a).send()`.
/// Cancelling the awaiting task closes the connection in use.
class [[nodiscard("a request is not sent until it is awaited")]] RequestBuilder {
 public:
  RequestBuilder(RequestBuilder&&) noexcept;
  RequestBuilder& operator=(RequestBuilder&&) noexcept;
  ~RequestBuilder();

  /// Appends a query parameter, percent-encoded.
  RequestBuilder&& query(std::string_view name, std::string_view value);
  template <detail::QueryScalar T>
  RequestBuilder&& query(std::string_view name, T value);
  /// A parameter for each field that is not null, of a list one for each item. std::invalid_argument for a field that
  /// is an object.
  template <Model T>
  RequestBuilder&& query(const T& parameters) {
    return query_json(dump_json(parameters));
  }

  /// Adds a field; default fields of that name are then not sent. std::invalid_argument for a bad name or value (CR,
  /// LF, NUL ...) and for `content-length` and `transfer-encoding`, which belong to the client.
  RequestBuilder&& header(std::string_view name, std::string_view value);

  /// Adds to the `cookie` field. std::invalid_argument for a name that is no token, and for a value that has a control
  /// character or one of `",;\` and spaces (RFC 6265 section 4.1.1).
  RequestBuilder&& cookie(std::string_view name, std::string_view value);
  /// Sets `authorization` (RFC 7617). std::invalid_argument for a user name with a colon.
  RequestBuilder&& basic_auth(std::string_view username, std::string_view password);
  /// Sets `authorization` (RFC 6750).
  RequestBuilder&& bearer_auth(std::string_view token);

  /// Sets body and `content-type`.
  RequestBuilder&& body(std::string bytes, std::string_view content_type = "application/octet-stream");
  /// The body is what the generator yields, sent as it comes: in chunks, or as `size` bytes when that is known. What it
  /// takes to make a piece counts for the total limit alone. When the server answers or closes before that, what the
  /// generator awaits is cancelled. Such a request is sent once: never again on another connection.
  RequestBuilder&& body(AsyncGenerator<std::string> pieces, std::string_view content_type = "application/octet-stream",
                        std::optional<std::uint64_t> size = std::nullopt);
  /// Fields to be sent behind a body that a generator makes (RFC 9110 section 6.5), which then goes out in chunks also
  /// when its size is known. They are looked at when the last piece has been given; a field that has to be known before
  /// the body throws std::invalid_argument then, and RuntimeError comes when the request is sent with another body.
  RequestBuilder&& trailers(std::shared_ptr<const Headers> trailers);
  /// The body is the JSON text of `value`.
  RequestBuilder&& json(const Json& value);
  /// Of a model, a list, a map ..., as an answer of a handler would be.
  template <class T>
    requires(detail::ToJson<T> && !std::same_as<T, Json>)
  RequestBuilder&& json(const T& value) {
    return body(dump_json(value), "application/json");
  }
  /// The body is a form, application/x-www-form-urlencoded.
  RequestBuilder&& form(const QueryParams& fields);
  /// The same of a model's fields, as in `query`.
  template <Model T>
  RequestBuilder&& form(const T& fields) {
    return form_json(dump_json(fields));
  }
  /// The body is a form with files, multipart/form-data; the writer is empty afterwards. With files on disk it is sent
  /// piece by piece, and so once, as a generator's is.
  RequestBuilder&& multipart(MultipartWriter& form);

  /// Replaces `ClientTimeouts::total` for this request; the other limits stay. 0: no limit.
  RequestBuilder&& timeout(std::chrono::milliseconds total);

  /// Replaces `ClientLimits::max_body_bytes` for the response to this request.
  RequestBuilder&& max_body_bytes(std::uint64_t limit);

  /// Replaces `ClientOptions::max_redirects` for this request.
  RequestBuilder&& max_redirects(std::size_t limit);

  /// Gives the response as soon as its head is there; its body is read piece by piece, without a limit on its size. The
  /// total limit ends with the head.
  Async<ClientStream> stream();
  /// The server-sent events of the answer, see client/event_source.hpp.
  AsyncGenerator<ServerSentEvent> events(EventSourceOptions options = {});
  /// The answer's body as a T: `co_await client.get("/items/1").as<Item>()`. Throws HttpStatusError for a status of 400
  /// or above, ResponseDecodeError for a body that is no T.
  template <class T>
    requires(detail::FromJson<T> && std::default_initializable<T>)
  Async<T> as() {
    return decoded<T>(send());
  }
  /// The request as a coroutine, for create_task.
  Async<ClientResponse> send();

  detail::CallAwaiter<ClientResponse> operator co_await() { return send().operator co_await(); }

 private:
  friend class Client;
  friend class WebSocketBuilder;
  RequestBuilder(std::shared_ptr<detail::ClientCore> client, std::string_view method, std::string_view url);
  detail::OutgoingRequest& request();
  std::unique_ptr<detail::OutgoingRequest> take_request();
  RequestBuilder&& query_json(std::string_view object);
  RequestBuilder&& form_json(std::string_view object);
  template <class T>
  static Async<T> decoded(Async<ClientResponse> answer) {
    const ClientResponse response = co_await std::move(answer);
    response.raise_for_status();
    co_return response.as<T>();
  }

  std::unique_ptr<detail::OutgoingRequest> request_;
};

// Implementation

template <detail::QueryScalar T>
RequestBuilder&& RequestBuilder::query(std::string_view name, T value) {
  return query(name, std::string_view(detail::scalar_query_text(value)));
}

}  // namespace coroute
