// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a redirect asks for (RFC 9110 section 15.4), and what of the request goes there.
#include "coroute/http/headers.hpp"
#include "coroute/http/status.hpp"
#include "outgoing_request.hpp"

namespace coroute::detail {

/// An answer that says where to ask instead.
bool is_redirect(Status status, const Headers& headers) noexcept;

/// Makes `request`, which was sent to `from`, one to where the answer points. As browsers do, a POST that is answered
/// with 301 or 302, and anything but HEAD with 303, becomes a GET without a body. Another host, port or scheme gets no
/// credentials. Throws std::invalid_argument, with the reason, when it can't be followed: no usable URL, from https to
/// http, a body that can't be sent again.
void redirect(OutgoingRequest& request, const Url& from, Status status, const Headers& headers);

}  // namespace coroute::detail
