// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/etag.hpp"

#include "coroute/http/date.hpp"
#include "coroute/http/error_response.hpp"
#include "http/preconditions.hpp"
#include "middleware/buffered_body.hpp"
#include "middleware/edited.hpp"
#include "middleware/entity_tag.hpp"

namespace coroute {
namespace {

/// What a cache is to know of what it has: all but the fields that describe the body (RFC 9110 section 15.4.5).
Response not_modified(const Response& response) {
  Response fresh(Status::NotModified);
  for (const HeaderField field : response.headers) {
    const bool is_of_body = field.name.size() > 8 && iequals(field.name.substr(0, 8), "content-") &&
                            !iequals(field.name, "content-location") && !iequals(field.name, "content-security-policy");
    if (!is_of_body) fresh.headers.add(field.name, field.value);
  }
  return fresh;
}

void apply_conditions(const Request& request, Response& response) {
  const std::string_view etag = response.headers.get("etag").value_or("");
  const detail::Validators validators{etag, parse_http_date(response.headers.get("last-modified").value_or(""))};
  switch (detail::check_preconditions(request.headers(), validators)) {
    case detail::Precondition::Holds:
      return;
    case detail::Precondition::NotModified:
      response = not_modified(response);
      return;
    case detail::Precondition::Failed:
      response = detail::error_response(request, Status::PreconditionFailed);
  }
}

}  // namespace

Async<Response> EtagMiddleware::operator()(Request& request, const Handler& next) const {
  if (request.method() != Method::Get && request.method() != Method::Head) return next(request);
  return detail::edited(next(request), [&request, options = options_](Response& response) {
    if (response.status != Status::Ok) return;
    const auto body = detail::buffered_body(response);
    if (body && body->size() <= options.max_body_bytes && !response.headers.contains("etag"))
      response.headers.set("etag", detail::entity_tag_of(*body, options.weak));
    apply_conditions(request, response);
  });
}

}  // namespace coroute
