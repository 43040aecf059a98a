// SPDX-License-Identifier: BSL-1.0
// What a proxy begins a connection with, and what it writes into header fields.
#include "server/proxy_protocol.hpp"

#include <algorithm>
#include <vector>

#include "checks.hpp"
#include "server/forwarded.hpp"
#include "targets.hpp"

namespace coroute::fuzz {
namespace {

using detail::ProxyHeader;

constexpr std::size_t limit = 512;

void check_address(const std::optional<PeerAddress>& peer) {
  if (peer) check(detail::parse_ip_address(peer->host).has_value(), "a client has an address");
}

void read_header(std::string_view input) {
  const ProxyHeader whole = detail::parse_proxy_header(input, limit);
  check_address(whole.client);
  if (whole.result != ProxyHeader::Result::Complete) return;
  check(whole.size <= std::min(input.size(), limit), "a header is not longer than what came, nor than allowed");
  for (std::size_t size = 0; size <= whole.size; ++size) {
    const ProxyHeader part = detail::parse_proxy_header(input.substr(0, size), limit);
    const bool is_whole = size == whole.size;
    check(part.result == (is_whole ? ProxyHeader::Result::Complete : ProxyHeader::Result::Incomplete),
          "a header is complete with its last byte, and may become one before");
  }
}

void read_fields(std::string_view input) {
  static const detail::TrustedPeers trusted({"10.0.0.0/8", "2001:db8::/32"});
  std::vector<HeaderField> fields;
  for (const std::string_view name : {"x-forwarded-for", "forwarded", "x-forwarded-proto", "x-forwarded-host"}) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    fields.push_back({name, input.substr(0, end)});
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  for (const auto& read : {&detail::read_x_forwarded, &detail::read_forwarded}) {
    const detail::ForwardedRequest said = (*read)(HeadersView(fields), trusted);
    check_address(said.client);
    check(said.scheme.empty() || said.scheme == "http" || said.scheme == "https", "a scheme is http or https");
    check(said.host.find_first_of(" \r\n/@") == std::string::npos, "a host is one");
  }
}

}  // namespace

void proxy_protocol(std::string_view input) {
  read_header(input);
  read_fields(input);
}

}  // namespace coroute::fuzz
