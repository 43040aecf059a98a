// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/error_response.hpp"

#include "coroute/asyncio/task.hpp"

namespace coroute {
namespace {

constexpr std::string_view problem_type = "application/problem+json";

std::string_view whole_path(const Request& request) {
  return request.target().substr(0, request.target().find('?'));
}

Response error_view(const Request& request, const std::exception_ptr& error) {
  std::string content = "Internal Server Error\n\n";
  content.append(request.method_name()).append(" ").append(request.target()).append("\n");
  content.append(describe_exception(error)).append("\n");
  for (const StackEntry& entry : exception_stack(error))
    content.append("  at ").append(to_string(entry)).append("\n");
  return text(std::move(content), Status::InternalServerError);
}

}  // namespace

Response error_response(const Request& request, const HttpException& error) {
  const bool problem = request.problem_details() || error.is_problem();
  Response response = problem ? Response(error.problem_json(whole_path(request)), problem_type, error.status())
                              : json_text("{\"detail\":" + error.detail_json() + "}", error.status());
  for (const HeaderField field : error.headers())
    response.headers.add(field.name, field.value);
  return response;
}

namespace detail {

Response error_response(const Request& request, Status status) {
  if (request.problem_details()) return coroute::error_response(request, HttpException(status));
  return json_text("{\"detail\":\"" + std::string(reason_phrase(status)) + "\"}", status);
}

Response overload_response(const Request& request) {
  Response response = error_response(request, Status::ServiceUnavailable);
  response.headers.set("retry-after", "1");
  return response;
}

Response internal_error_response(const Request& request, const std::exception_ptr& error) {
  if (request.shows_errors()) return error_view(request, error);
  if (request.problem_details()) return error_response(request, Status::InternalServerError);
  return text("Internal Server Error", Status::InternalServerError);
}

}  // namespace detail
}  // namespace coroute
