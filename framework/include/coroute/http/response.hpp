// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a handler gives back: status, headers, body; and the short ways to make one.
#include <memory>
#include <string>
#include <string_view>

#include "coroute/http/cookie.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/http/json_fwd.hpp"
#include "coroute/http/status.hpp"

namespace coroute {

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
  /// Has the browser forget a cookie; path and domain must be those it was set with.
  Response& delete_cookie(std::string_view name, std::string_view path = "/", std::string_view domain = {});

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
  friend Response text(std::string body, Status status);
  friend Response html(std::string body, Status status);
  friend Response json(const Json& value, Status status);
  friend Response json_text(std::string json, Status status);
  friend Response static_bytes(std::string_view bytes, std::string_view content_type, Status status);
  friend Response shared_bytes(std::shared_ptr<const std::string> bytes, std::string_view content_type, Status status);

  std::string_view implied_content_type_;  // a literal: most responses then need no header of their own
  std::string_view static_content_;
  std::shared_ptr<const std::string> shared_content_;  // what that looks at, unless it is a constant
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
/// `location` is percent-encoded where it must be, as Starlette's RedirectResponse does.
Response redirect(std::string_view location, Status status = Status::TemporaryRedirect);

}  // namespace coroute
