// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a RequestBuilder has gathered, and its text on the wire.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"
#include "coroute/http/url.hpp"

namespace coroute::detail {

class ClientCore;

struct OutgoingRequest {
  std::shared_ptr<ClientCore> client;
  std::string method;
  std::string url;
  QueryParams query;
  Headers headers;
  std::string body;
  bool has_body = false;
  std::optional<std::chrono::milliseconds> total_timeout;
};

/// Sending it twice does what sending it once does (RFC 9110 section 9.2.2).
bool is_idempotent(std::string_view method) noexcept;

/// Throws std::invalid_argument for a field that only the client itself may send: it would break the framing.
void check_field_name(std::string_view name);

/// Request line and header section. `defaults` are sent unless the request has fields of the same name.
std::string request_head(const OutgoingRequest& request, const Url& url, const Headers& defaults);

}  // namespace coroute::detail
