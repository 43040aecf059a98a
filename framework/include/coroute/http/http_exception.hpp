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
  HttpException(const HttpException&) = default;
  HttpException(HttpException&&) = default;
  HttpException& operator=(const HttpException&) = default;
  HttpException& operator=(HttpException&&) = default;
  ~HttpException() override;

  Status status() const noexcept { return status_; }
  const Headers& headers() const noexcept { return headers_; }
  /// The detail as JSON text.
  const std::string& detail_json() const noexcept { return detail_json_; }

  /// As problem details (RFC 9457), for applications that answer errors so: a detail that is no text becomes the member
  /// "error". `instance`: the path of the request.
  virtual std::string problem_json(std::string_view instance) const;
  /// Whether it is answered so in every application.
  virtual bool is_problem() const noexcept { return false; }

 protected:
  struct JsonText {
    std::string text;
  };
  HttpException(Status status, JsonText detail, const std::string& what);

 private:
  Status status_;
  Headers headers_;
  std::string detail_json_;
};

}  // namespace coroute
