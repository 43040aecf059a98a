// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a handler gives back: status, headers, body; and the short ways to make one.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/http/cookie.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/http/json_fwd.hpp"
#include "coroute/http/status.hpp"

namespace coroute {

namespace detail {
class FileBody;
}

/// `date`, `content-length` and `connection` are added when it is sent; a body is left out where the status or HEAD
/// forbids one.
class Response {
 public:
  Response() = default;
  explicit Response(Status status) noexcept : status(status) {}
  /// With `content_type` in the headers; empty: none.
  explicit Response(std::string body, std::string_view content_type = {}, Status status = Status::Ok);

  /// Adds a `set-cookie` header.
  Response& set_cookie(const SetCookie& cookie);
  /// The same with SetCookie's defaults: for the whole host, until the browser ends.
  Response& set_cookie(std::string_view name, std::string_view value);
  /// Has the browser forget a cookie; path and domain must be those it was set with.
  Response& delete_cookie(std::string_view name, std::string_view path = "/", std::string_view domain = {});

  /// The body comes piece by piece: see `stream`. Then `content` is empty.
  bool is_streamed() const noexcept { return stream_ != nullptr; }
  /// What was said of the length of a streamed body.
  std::optional<std::uint64_t> stream_length() const noexcept;
  /// Gives the body piece by piece; replaces any other. With a length it is announced, and a body of another one is an
  /// error that ends the connection.
  Response& set_stream(AsyncGenerator<std::string> pieces, std::optional<std::uint64_t> length = std::nullopt);
  /// Takes the pieces out, for a middleware that sets them again in another form. RuntimeError when there are none.
  AsyncGenerator<std::string> take_stream();
  /// Reads a streamed body to its end, into `body`; does nothing with any other. For those who need all of it.
  Async<void> read();

  /// Fields to be sent behind a streamed body (RFC 9110 section 6.5), looked at when its last piece has been given: the
  /// generator fills them with what it only knows by then, a checksum for instance. Announce their names in a `trailer`
  /// field. The body then goes out in chunks also when its length is known; a body that isn't streamed and an HTTP/1.0
  /// client get none. A field that has to be known before the body, `content-type` for instance, is an error of the
  /// stream. Null: none.
  ///
  ///     auto trailers = std::make_shared<Headers>();
  ///     return stream(rows(trailers), "text/csv").set_trailers(trailers);
  Response& set_trailers(std::shared_ptr<const Headers> trailers) noexcept;
  const std::shared_ptr<const Headers>& trailers() const noexcept { return trailers_; }

  /// The body that will be sent: `body`, or the static or shared bytes.
  std::string_view content() const noexcept { return static_content_.data() ? static_content_ : body; }
  /// From the headers, or what the maker of the response implied; empty: none.
  std::string_view content_type() const noexcept;
  /// The implied type, for whoever serialises headers and this separately.
  std::string_view implied_content_type() const noexcept { return implied_content_type_; }

  Status status = Status::Ok;
  Headers headers;
  std::string body;

 private:
  friend class detail::FileBody;
  friend Response text(std::string body, Status status);
  friend Response html(std::string body, Status status);
  friend Response json(const Json& value, Status status);
  friend Response json_text(std::string json, Status status);
  friend Response static_bytes(std::string_view bytes, std::string_view content_type, Status status);
  friend Response shared_bytes(std::shared_ptr<const std::string> bytes, std::string_view content_type, Status status);

  struct Stream;

  std::string_view implied_content_type_;  // a literal: most responses then need no header of their own
  std::string_view static_content_;
  std::shared_ptr<const std::string> shared_content_;  // what that looks at, unless it is a constant
  std::shared_ptr<Stream> stream_;                     // which copies have in common
  std::shared_ptr<const Headers> trailers_;
};

/// text/plain in UTF-8.
Response text(std::string body, Status status = Status::Ok);
/// text/html in UTF-8.
Response html(std::string body, Status status = Status::Ok);
/// application/json.
Response json(const Json& value, Status status = Status::Ok);
/// application/json from text that is JSON already.
Response json_text(std::string json, Status status = Status::Ok);
/// Bytes that outlive the response, such as a constant: sent without a copy. `content_type` must outlive it too;
/// std::invalid_argument when it has control characters.
Response static_bytes(std::string_view bytes, std::string_view content_type, Status status = Status::Ok);
/// Bytes that many responses have in common: sent without a copy, kept by each while it needs them. Never null;
/// `content_type` as for `static_bytes`.
Response shared_bytes(std::shared_ptr<const std::string> bytes, std::string_view content_type,
                      Status status = Status::Ok);
/// Starlette's StreamingResponse: sent as it is made, in chunks or with `content_length`. The next piece is asked for
/// when the last one has been handed to the socket, so memory stays flat however slow the client is; pieces of up to
/// 16 KiB that come without a wait in between may leave together. Empty pieces are left out. The generator runs in the
/// request's task: context, dependencies of scope request and tasks of the handler last until its end, and work after
/// the response comes after that; no time-out of the handler applies. It is not begun for HEAD. When the client leaves
/// it is cancelled (CancelReason::Disconnect), when the server has drained too, and when the client takes nothing for
/// the write time-out it is closed. An error in it can't be answered any more: it is reported, and the connection ends
/// before the body does. Copies of the response have the pieces in common: they can be sent once. Empty
/// `content_type`: none.
Response stream(AsyncGenerator<std::string> pieces, std::string_view content_type = {}, Status status = Status::Ok,
                std::optional<std::uint64_t> content_length = std::nullopt);
/// `location` is percent-encoded where it must be, as Starlette's RedirectResponse does.
Response redirect(std::string_view location, Status status = Status::TemporaryRedirect);

}  // namespace coroute
