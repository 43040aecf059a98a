// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a request or an answer is wrong in, found by its declared types: FastAPI's validation errors.
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/error_detail.hpp"
#include "coroute/http/http_exception.hpp"

namespace coroute {

/// The request is not what the handler's parameters ask for: 422 with `{"detail": [...]}` unless the application has an
/// exception handler for this type. Handlers for HttpException or for status 422 are not asked, as in FastAPI.
class RequestValidationError : public HttpException {
 public:
  /// `body`: as it was received, when it is about the body.
  explicit RequestValidationError(std::vector<ErrorDetail> errors, std::string_view body = {});

  const std::vector<ErrorDetail>& errors() const noexcept { return errors_; }
  /// Empty when there was none, or when it was not read.
  const std::string& body() const noexcept { return body_; }

  std::string problem_json(std::string_view instance) const override;

 private:
  std::vector<ErrorDetail> errors_;
  std::string body_;
};

/// JSON that a program reads itself is not what its type asks for: pydantic's error of that name. Uncaught in a handler
/// it is the service's own fault, a 500.
class ValidationError : public std::runtime_error {
 public:
  explicit ValidationError(std::vector<ErrorDetail> errors);

  const std::vector<ErrorDetail>& errors() const noexcept { return errors_; }

 protected:
  ValidationError(std::string_view what, std::vector<ErrorDetail> errors);

 private:
  std::vector<ErrorDetail> errors_;
};

/// The handler's result is not what its type promises. The service's own fault: clients get a 500 that tells them
/// nothing, the log gets the details.
class ResponseValidationError : public ValidationError {
 public:
  explicit ResponseValidationError(std::vector<ErrorDetail> errors);
};

}  // namespace coroute
