// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The header of the PROXY protocol, version 1 or 2, with which a proxy begins a connection:
/// https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt
#include <cstddef>
#include <optional>
#include <string_view>

#include "coroute/http/request.hpp"

namespace coroute::detail {

struct ProxyHeader {
  enum class Result : unsigned char {
    Incomplete,  ///< All so far fits.
    Complete,
    Malformed,  ///< Something else, or longer than allowed.
  };
  Result result = Result::Malformed;
  std::size_t size = 0;               ///< Of the header, when complete.
  std::optional<PeerAddress> client;  ///< None: the proxy speaks for itself, or doesn't know.
};

/// `bytes` are those the connection began with; more than the header is no error.
ProxyHeader parse_proxy_header(std::string_view bytes, std::size_t max_bytes);

}  // namespace coroute::detail
