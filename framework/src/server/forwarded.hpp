// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What proxies say in header fields about the request they pass on.
#include <optional>
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"
#include "coroute/http/request.hpp"
#include "trusted_peers.hpp"

namespace coroute::detail {

/// What is said, and can be believed. Views point into the fields or are literals.
struct ForwardedRequest {
  std::optional<PeerAddress> client;
  std::string_view scheme;  ///< "http" or "https"; empty: not said.
  std::string host;         ///< Empty: not said.
};

/// Each proxy adds for whom it asks at the right. Those that are trusted are passed over; the first that isn't is the
/// client. Where what is said is no address, the last trusted one is.
ForwardedRequest read_x_forwarded(HeadersView headers, const TrustedPeers& trusted);
/// The same from the Forwarded field (RFC 7239). One that breaks its grammar says nothing.
ForwardedRequest read_forwarded(HeadersView headers, const TrustedPeers& trusted);

}  // namespace coroute::detail
