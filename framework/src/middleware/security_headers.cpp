// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/security_headers.hpp"

#include "middleware/edited.hpp"

namespace coroute {
namespace {

void add_missing(Headers& headers, const Headers& fields) {
  for (const HeaderField field : fields) {
    if (!headers.contains(field.name)) headers.add(field.name, field.value);
  }
}

}  // namespace

struct SecurityHeadersMiddleware::Fields {
  Headers always;
  Headers over_https;
};

SecurityHeadersMiddleware::SecurityHeadersMiddleware(SecurityHeadersOptions options) {
  Fields fields;
  const auto add = [](Headers& headers, std::string_view name, const std::string& value) {
    if (!value.empty()) headers.add(name, value);
  };
  add(fields.always, "content-security-policy", options.content_security_policy);
  add(fields.always, "x-content-type-options", options.x_content_type_options);
  add(fields.always, "x-frame-options", options.x_frame_options);
  add(fields.always, "referrer-policy", options.referrer_policy);
  add(fields.always, "cross-origin-opener-policy", options.cross_origin_opener_policy);
  add(fields.always, "cross-origin-resource-policy", options.cross_origin_resource_policy);
  add(fields.always, "permissions-policy", options.permissions_policy);
  add(fields.over_https, "strict-transport-security", options.strict_transport_security);
  fields_ = std::make_shared<const Fields>(std::move(fields));
}

Async<Response> SecurityHeadersMiddleware::operator()(Request& request, const Handler& next) const {
  return detail::edited(next(request), [&request, fields = fields_.get()](Response& response) {
    add_missing(response.headers, fields->always);
    if (request.scheme() == "https") add_missing(response.headers, fields->over_https);
  });
}

}  // namespace coroute
