// SPDX-License-Identifier: BSL-1.0
#include "outgoing_request.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "proxy.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t usual_head_bytes = 512;
constexpr std::array<std::string_view, 6> idempotent_methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
constexpr std::array<std::string_view, 3> credentials{"authorization", "cookie", "proxy-authorization"};
constexpr std::array<std::string_view, 3> methods_with_content{"POST", "PUT", "PATCH"};

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// One for a proxy, which knows better or must not see it because it is at the end of a tunnel.
bool is_withheld(std::string_view name, const OutgoingRequest& request, const Url& url) {
  if (!request.proxy || !iequals(name, "proxy-authorization")) return false;
  return !is_forwarded(request, url) || !request.proxy->authorization.empty();
}

template <class Visit>
void visit_host(const OutgoingRequest& request, const Url& url, const Headers& defaults, Visit visit) {
  const bool default_host = defaults.contains("host") && !request.leaves_origin;
  if (!request.headers.contains("host") && !default_host) visit("host", url.authority());
}

template <class Visit>
void visit_defaults(const OutgoingRequest& request, const Headers& defaults, Visit visit) {
  for (const HeaderField field : defaults) {
    if (request.leaves_origin && (is_credential(field.name) || iequals(field.name, "host"))) continue;
    if (!request.headers.contains(field.name)) visit(field.name, field.value);
  }
}

bool replaces_none(const OutgoingRequest& request, const Headers& defaults) noexcept {
  return !request.leaves_origin && std::none_of(request.headers.begin(), request.headers.end(),
                                                [&](HeaderField field) { return defaults.contains(field.name); });
}

template <class Visit>
void visit_own(const OutgoingRequest& request, const Headers& defaults, Visit visit) {
  for (const HeaderField field : request.propagated) {
    if (!request.headers.contains(field.name) && !defaults.contains(field.name)) visit(field.name, field.value);
  }
  std::string_view kept = request.kept_cookies;
  for (const HeaderField field : request.headers) {
    if (!kept.empty() && iequals(field.name, "cookie")) {
      visit(field.name, std::string(field.value).append("; ").append(std::exchange(kept, {})));
    } else {
      visit(field.name, field.value);
    }
  }
  if (!kept.empty()) visit("cookie", kept);
}

}  // namespace

std::unique_ptr<OutgoingRequest> copy_of(const OutgoingRequest& request) {
  auto copy = std::make_unique<OutgoingRequest>();
  copy->client = request.client;
  copy->method = request.method;
  copy->url = request.url;
  copy->query = request.query;
  copy->headers = request.headers;
  copy->body = request.body;
  copy->has_body = request.has_body;
  copy->max_body_bytes = request.max_body_bytes;
  copy->total_timeout = request.total_timeout;
  copy->max_redirects = request.max_redirects;
  copy->deadline = request.deadline;
  copy->hedge = request.hedge;
  copy->read_timeout = request.read_timeout;
  return copy;
}

bool is_forwarded(const OutgoingRequest& request, const Url& url) noexcept {
  return request.proxy && url.scheme() == "http" && !request.is_upgrade;
}

bool is_idempotent(std::string_view method) noexcept {
  return std::find(idempotent_methods.begin(), idempotent_methods.end(), method) != idempotent_methods.end();
}

bool is_credential(std::string_view field_name) noexcept {
  return std::any_of(credentials.begin(), credentials.end(),
                     [&](std::string_view each) { return iequals(each, field_name); });
}

void check_field_name(std::string_view name) {
  if (iequals(name, "content-length") || iequals(name, "transfer-encoding")) {
    throw std::invalid_argument("the header field '" + std::string(name) + "' is set by the client itself");
  }
}

Headers request_fields(const OutgoingRequest& request, const Url& url, const Headers& defaults) {
  Headers fields;
  const auto add = [&](std::string_view name, std::string_view value) { fields.add(name, value); };
  visit_host(request, url, defaults, add);
  visit_defaults(request, defaults, add);
  visit_own(request, defaults, add);
  return fields;
}

std::string field_lines(const Headers& fields) {
  std::string out;
  for (const HeaderField field : fields)
    append_field(out, field.name, field.value);
  return out;
}

void append_request_head(std::string& out, const OutgoingRequest& request, const Url& url, const Headers& defaults,
                         std::string_view default_lines) {
  out.reserve(usual_head_bytes);
  const bool forwarded = is_forwarded(request, url);
  out.append(request.method).append(1, ' ');
  if (forwarded) out.append(url.scheme()).append("://").append(url.authority());
  out.append(url.target()).append(" HTTP/1.1\r\n");
  const auto append = [&](std::string_view name, std::string_view value) {
    if (!is_withheld(name, request, url)) append_field(out, name, value);
  };
  visit_host(request, url, defaults, append);
  if (!request.proxy && replaces_none(request, defaults)) {
    out.append(default_lines);
  } else {
    visit_defaults(request, defaults, append);
  }
  visit_own(request, defaults, append);
  if (forwarded && !request.proxy->authorization.empty()) {
    append_field(out, "proxy-authorization", request.proxy->authorization);
  }
  // RFC 9110 section 8.6: also says that a POST without a body has none.
  const bool content_expected =
      std::find(methods_with_content.begin(), methods_with_content.end(), request.method) != methods_with_content.end();
  if (request.is_chunked()) {
    append_field(out, "transfer-encoding", "chunked");
  } else if (request.stream) {
    append_field(out, "content-length", std::to_string(*request.stream_size));
  } else if (request.has_body || content_expected) {
    append_field(out, "content-length", std::to_string(request.body.size()));
  }
  out.append("\r\n");
}

std::string tunnel_head(const Url& url, const Proxy& proxy) {
  const bool is_ipv6 = url.host().find(':') != std::string_view::npos;
  std::string host(url.host());
  if (is_ipv6) host.insert(0, 1, '[').append(1, ']');
  host.append(1, ':').append(std::to_string(url.port()));
  std::string out = "CONNECT " + host + " HTTP/1.1\r\n";
  append_field(out, "host", host);
  if (!proxy.authorization.empty()) append_field(out, "proxy-authorization", proxy.authorization);
  return out.append("\r\n");
}

}  // namespace coroute::detail
