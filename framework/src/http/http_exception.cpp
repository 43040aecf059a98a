// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/http_exception.hpp"

#include "coroute/json.hpp"
#include "problem_text.hpp"

namespace coroute {
namespace {

std::string summary(Status status, std::string_view detail) {
  return std::to_string(status.code()) + ": " + std::string(detail);
}

}  // namespace

HttpException::HttpException(Status status) : HttpException(status, reason_phrase(status)) {}

HttpException::HttpException(Status status, std::string_view detail, Headers headers)
    : std::runtime_error(summary(status, detail)),
      status_(status),
      headers_(std::move(headers)),
      detail_json_(to_json_text(detail)) {}

HttpException::HttpException(Status status, const Json& detail, Headers headers)
    : std::runtime_error(summary(status, to_json_text(detail))),
      status_(status),
      headers_(std::move(headers)),
      detail_json_(to_json_text(detail)) {}

HttpException::HttpException(Status status, JsonText detail, const std::string& what)
    : std::runtime_error(summary(status, what)), status_(status), detail_json_(std::move(detail.text)) {}

HttpException::~HttpException() = default;

std::string HttpException::problem_json(std::string_view instance) const {
  detail::ProblemText problem(status_);
  problem.instance = instance;
  if (detail_json_.starts_with('"')) {
    problem.detail = detail_json_;
  } else {
    problem.extensions = ",\"error\":" + detail_json_;
  }
  return problem.to_json();
}

}  // namespace coroute
