// SPDX-License-Identifier: BSL-1.0
#pragma once
/// An answer to an outbound request whose body is still coming.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/http/status.hpp"
#include "coroute/http/url.hpp"

namespace coroute {

namespace detail {
class Call;
}

/// From `RequestBuilder::stream`. Holds one connection until the body has been read to its end; dropping it earlier
/// closes that. What isn't asked for isn't received: memory stays flat however large the body is. One await at a time;
/// on the loop that sent the request.
///
///     auto download = co_await client.get("/large").stream();
///     download.raise_for_status();
///     while (auto piece = co_await download.next()) file.write(*piece);
class ClientStream {
 public:
  explicit ClientStream(std::unique_ptr<detail::Call> call) noexcept;
  ClientStream(ClientStream&&) noexcept;
  ClientStream& operator=(ClientStream&&) noexcept;
  ~ClientStream();

  Status status() const noexcept;
  /// Below 400.
  bool ok() const noexcept { return status().code() < 400; }
  const Headers& headers() const noexcept;
  std::optional<std::string_view> header(std::string_view name) const noexcept { return headers().get(name); }
  /// What came behind a body sent in chunks; empty until that has been read to its end. See ClientResponse.
  const Headers& trailers() const noexcept;
  const Url& url() const noexcept;
  /// Throws HttpStatusError when the status is 400 or above; the response in it has no body.
  const ClientStream& raise_for_status() const;

  /// The next piece, never empty, which stands until the next call; nothing at the end. Throws ReadTimeout,
  /// ConnectionClosed, ProtocolError.
  Async<std::optional<std::string_view>> next();
  /// The rest of the body. ResponseTooLarge when that is more than `max_bytes`.
  Async<std::string> read(std::size_t max_bytes = default_max_bytes);
  /// The rest of the body line by line, without their ends (LF or CR LF). Takes the stream over. ResponseTooLarge for a
  /// line over `max_line_bytes`.
  AsyncGenerator<std::string> lines(std::size_t max_line_bytes = default_max_line_bytes) &&;

  static constexpr std::size_t default_max_bytes = 10 * 1024 * 1024;
  static constexpr std::size_t default_max_line_bytes = 64 * 1024;

 private:
  std::unique_ptr<detail::Call> call_;
};

}  // namespace coroute
