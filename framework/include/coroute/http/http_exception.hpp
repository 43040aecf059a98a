// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `throw HttpException{404, "item not found"}`: an error with the answer that the client is to get.
#include <stdexcept>
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"
#include "coroute/http/json_fwd.hpp"
#include "coroute/http/status.hpp"

namespace coroute {

/// Becomes `{"detail": ...}` with its status and headers, as FastAPI's HTTPException.
class HttpException : public std::runtime_error {
 public:
  /// The detail is the status's reason phrase.
  explicit HttpException(Status status);
  HttpException(Status status, std::string_view detail, Headers headers = {});
  HttpException(Status status, const char* detail, Headers headers = {})
      : HttpException(status, std::string_view(detail), std::move(headers)) {}
  HttpException(Status status, const std::string& detail, Headers headers = {})
      : HttpException(status, std::string_view(detail), std::move(headers)) {}
  HttpException(Status status, const Json& detail, Headers headers = {});

  Status status() const noexcept { return status_; }
  const Headers& headers() const noexcept { return headers_; }
  /// The detail as JSON text.
  const std::string& detail_json() const noexcept { return detail_json_; }

 private:
  Status status_;
  Headers headers_;
  std::string detail_json_;
};

}  // namespace coroute
