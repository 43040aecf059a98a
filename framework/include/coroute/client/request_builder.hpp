// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One outbound request on its way to being sent.
#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/client/client_response.hpp"
#include "coroute/http/json_fwd.hpp"

namespace coroute {

namespace detail {
class ClientCore;
struct OutgoingRequest;

/// Numbers and bool, not characters.
template <class T>
concept QueryScalar = std::is_arithmetic_v<T> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                      !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;
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

  /// Adds a field; default fields of that name are then not sent. std::invalid_argument for a bad name or value (CR,
  /// LF, NUL ...) and for `content-length` and `transfer-encoding`, which belong to the client.
  RequestBuilder&& header(std::string_view name, std::string_view value);

  /// Sets body and `content-type`.
  RequestBuilder&& body(std::string bytes, std::string_view content_type = "application/octet-stream");
  /// The body is the JSON text of `value`.
  RequestBuilder&& json(const Json& value);

  /// Replaces `ClientTimeouts::total` for this request; the other limits stay. 0: no limit.
  RequestBuilder&& timeout(std::chrono::milliseconds total);

  /// The request as a coroutine, for create_task.
  Async<ClientResponse> send();

  detail::CallAwaiter<ClientResponse> operator co_await() { return send().operator co_await(); }

 private:
  friend class Client;
  RequestBuilder(std::shared_ptr<detail::ClientCore> client, std::string_view method, std::string_view url);
  detail::OutgoingRequest& request();

  std::unique_ptr<detail::OutgoingRequest> request_;
};

// Implementation

namespace detail {
std::string query_text(bool value);
std::string query_text(long long value);
std::string query_text(unsigned long long value);
std::string query_text(double value);
}  // namespace detail

template <detail::QueryScalar T>
RequestBuilder&& RequestBuilder::query(std::string_view name, T value) {
  if constexpr (std::same_as<T, bool>) {
    return query(name, std::string_view(detail::query_text(value)));
  } else if constexpr (std::is_floating_point_v<T>) {
    return query(name, std::string_view(detail::query_text(static_cast<double>(value))));
  } else if constexpr (std::is_signed_v<T>) {
    return query(name, std::string_view(detail::query_text(static_cast<long long>(value))));
  } else {
    return query(name, std::string_view(detail::query_text(static_cast<unsigned long long>(value))));
  }
}

}  // namespace coroute
