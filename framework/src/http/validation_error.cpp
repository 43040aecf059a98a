// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/validation_error.hpp"

#include <algorithm>
#include <utility>

#include "problem_text.hpp"

namespace coroute {
namespace {

constexpr std::size_t max_summarized_errors = 10;

/// Without what was found, which may be large and secret.
std::string summary(const std::vector<ErrorDetail>& errors) {
  std::string text = std::to_string(errors.size()) + (errors.size() == 1 ? " validation error" : " validation errors");
  const std::size_t count = std::min(errors.size(), max_summarized_errors);
  for (std::size_t i = 0; i < count; ++i) {
    text.append(i == 0 ? ": " : ", ").append(errors[i].type);
    if (!errors[i].loc.empty()) text.append(" at ").append(to_string(errors[i].loc));
  }
  if (count < errors.size()) text += ", ...";
  return text;
}

}  // namespace

RequestValidationError::RequestValidationError(std::vector<ErrorDetail> errors, std::string_view body)
    : HttpException(Status::UnprocessableContent, JsonText{to_json_text(std::span<const ErrorDetail>(errors))},
                    summary(errors)),
      errors_(std::move(errors)),
      body_(body) {}

std::string RequestValidationError::problem_json(std::string_view instance) const {
  detail::ProblemText problem(status());
  problem.detail = json_quoted("Request validation failed");
  problem.instance = instance;
  problem.extensions = ",\"errors\":" + detail_json();
  return problem.to_json();
}

ValidationError::ValidationError(std::vector<ErrorDetail> errors) : ValidationError({}, std::move(errors)) {}

ValidationError::ValidationError(std::string_view what, std::vector<ErrorDetail> errors)
    : std::runtime_error(std::string(what) + summary(errors)), errors_(std::move(errors)) {}

ResponseValidationError::ResponseValidationError(std::vector<ErrorDetail> errors)
    : ValidationError("the response has ", std::move(errors)) {}

}  // namespace coroute
