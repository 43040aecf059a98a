// SPDX-License-Identifier: BSL-1.0
#include "outgoing_request.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace coroute::detail {
namespace {

constexpr std::size_t usual_head_bytes = 512;
constexpr std::array<std::string_view, 6> idempotent_methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
constexpr std::array<std::string_view, 3> methods_with_content{"POST", "PUT", "PATCH"};

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool is_idempotent(std::string_view method) noexcept {
  return std::find(idempotent_methods.begin(), idempotent_methods.end(), method) != idempotent_methods.end();
}

void check_field_name(std::string_view name) {
  if (iequals(name, "content-length") || iequals(name, "transfer-encoding")) {
    throw std::invalid_argument("the header field '" + std::string(name) + "' is set by the client itself");
  }
}

std::string request_head(const OutgoingRequest& request, const Url& url, const Headers& defaults) {
  std::string out;
  out.reserve(usual_head_bytes);
  out.append(request.method).append(1, ' ').append(url.target()).append(" HTTP/1.1\r\n");
  if (!request.headers.contains("host") && !defaults.contains("host")) append_field(out, "host", url.authority());
  for (const HeaderField field : defaults) {
    if (!request.headers.contains(field.name)) append_field(out, field.name, field.value);
  }
  for (const HeaderField field : request.headers)
    append_field(out, field.name, field.value);
  // RFC 9110 section 8.6: also says that a POST without a body has none.
  const bool content_expected =
      std::find(methods_with_content.begin(), methods_with_content.end(), request.method) != methods_with_content.end();
  if (request.has_body || content_expected) append_field(out, "content-length", std::to_string(request.body.size()));
  return out.append("\r\n");
}

}  // namespace coroute::detail
