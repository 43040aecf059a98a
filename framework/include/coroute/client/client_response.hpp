// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The complete answer to an outbound request.
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"
#include "coroute/http/json_fwd.hpp"
#include "coroute/http/status.hpp"
#include "coroute/http/url.hpp"
#include "coroute/params/type_operations.hpp"

namespace coroute {

/// Copies share one immutable response: cheap, and safe on every thread.
class ClientResponse {
 public:
  /// What a request gives; also for tests of code that takes a response.
  ClientResponse(std::string method, Url url, Status status, Headers headers, std::string body,
                 Headers trailers = Headers());

  Status status() const noexcept;
  /// Below 400, so exactly when `raise_for_status` doesn't throw.
  bool ok() const noexcept;
  const Headers& headers() const noexcept;
  /// The value of the first field of that name.
  std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// The fields that came behind a body sent in chunks (RFC 9110 section 6.5); never among `headers`.
  const Headers& trailers() const noexcept;
  /// The body as it came, in whatever encoding it is.
  const std::string& text() const& noexcept;
  std::string text() &&;
  /// The body as JSON, whatever its content type; JsonParseError when it is none. Include `coroute/json.hpp` to use it.
  Json json() const;

  /// The body as a T, read and checked as a request's body is, whatever its content type:
  /// `response.as<std::vector<Item>>()`. Throws ResponseDecodeError.
  template <class T>
    requires(detail::FromJson<T> && std::default_initializable<T>)
  T as() const {
    T value{};
    read_as(&value, detail::operations_of<T>);
    return value;
  }

  /// Throws HttpStatusError when the status is 400 or above.
  const ClientResponse& raise_for_status() const&;
  ClientResponse raise_for_status() &&;

  /// Of the request.
  const std::string& method() const noexcept;
  const Url& url() const noexcept;

 private:
  void read_as(void* value, const detail::TypeOperations& type) const;

  struct Content;
  std::shared_ptr<Content> content_;
};

}  // namespace coroute
