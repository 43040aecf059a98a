// SPDX-License-Identifier: BSL-1.0
#include "forwarded.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "request_parser.hpp"

namespace coroute::detail {
namespace {

/// What one proxy says of the hop before it.
struct Hop {
  std::string node;
  std::string proto;
  std::string host;
};

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

std::string_view scheme_of(std::string_view proto) noexcept {
  if (iequals(proto, "https") || iequals(proto, "wss")) return "https";
  if (iequals(proto, "http") || iequals(proto, "ws")) return "http";
  return {};
}

/// The elements of all fields of a name, from left to right.
std::vector<std::string_view> elements(HeadersView headers, std::string_view name) {
  std::vector<std::string_view> found;
  for (std::string_view value : headers.get_all(name)) {
    while (true) {
      const std::size_t comma = value.find(',');
      const std::string_view element = trimmed(value.substr(0, comma));
      if (!element.empty()) found.push_back(element);
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
  }
  return found;
}

/// Goes from right to left past those that are trusted: the client, and the place where it stands; else no client, and
/// the place of the peer's own word.
struct Walk {
  std::optional<PeerAddress> client;
  std::size_t place = 0;
};

template <class Nodes, class NodeOf>
Walk find_client(const Nodes& nodes, NodeOf node_of, const TrustedPeers& trusted) {
  Walk walk;
  walk.place = nodes.empty() ? 0 : nodes.size() - 1;
  for (std::size_t i = nodes.size(); i-- > 0;) {
    std::optional<PeerAddress> peer = parse_peer_address(node_of(nodes[i]));
    if (!peer) break;
    walk.client = std::move(peer);
    walk.place = i;
    if (!trusted.trusts(*walk.client)) break;
  }
  return walk;
}

/// What belongs to the client's hop, where there is one for each; else what the nearest proxy says.
std::string_view matching(const std::vector<std::string_view>& values, std::size_t nodes, std::size_t place) {
  if (values.empty()) return {};
  return values.size() == nodes ? values[place] : values.back();
}

/// Reads the Forwarded field: 1#( [ token "=" ( token / quoted-string ) ] *( ";" ... ) ).
class ForwardedReader {
 public:
  explicit ForwardedReader(std::string_view text) noexcept : rest_(text) {}

  /// False: it breaks the grammar.
  bool read(std::vector<Hop>& hops) {
    while (true) {
      Hop hop;
      bool is_empty = true;
      if (!read_element(hop, is_empty)) return false;
      if (!is_empty) hops.push_back(std::move(hop));
      if (rest_.empty()) return true;
      if (!take(',')) return false;
    }
  }

 private:
  bool read_element(Hop& hop, bool& is_empty) {
    while (true) {
      skip_space();
      if (!rest_.empty() && rest_.front() != ';' && rest_.front() != ',') {
        if (!read_pair(hop)) return false;
        is_empty = false;
        skip_space();
      }
      if (!take(';')) return true;
    }
  }

  bool read_pair(Hop& hop) {
    const std::string_view name = read_token();
    std::string value;
    if (name.empty() || !take('=') || !read_value(value)) return false;
    const std::array<std::pair<std::string_view, std::string*>, 3> known{
        {{"for", &hop.node}, {"proto", &hop.proto}, {"host", &hop.host}}};
    for (const auto& [wanted, target] : known) {
      if (!iequals(name, wanted)) continue;
      if (!target->empty()) return false;  // each once (section 4)
      *target = std::move(value);
      break;
    }
    return true;
  }

  bool read_value(std::string& value) {
    if (!take('"')) {
      value = read_token();
      return !value.empty();
    }
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (rest_.empty()) return false;
        value += rest_.front();
        rest_.remove_prefix(1);
      } else {
        value += c;
      }
    }
    return false;
  }

  std::string_view read_token() noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && is_token(rest_.substr(size, 1)))
      ++size;
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  bool take(char c) noexcept {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_space() noexcept {
    while (!rest_.empty() && is_space(rest_.front()))
      rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace

ForwardedRequest read_x_forwarded(HeadersView headers, const TrustedPeers& trusted) {
  const std::vector<std::string_view> nodes = elements(headers, "x-forwarded-for");
  Walk walk = find_client(nodes, [](std::string_view node) { return node; }, trusted);
  ForwardedRequest request;
  request.client = std::move(walk.client);
  request.scheme = scheme_of(matching(elements(headers, "x-forwarded-proto"), nodes.size(), walk.place));
  const std::string_view host = matching(elements(headers, "x-forwarded-host"), nodes.size(), walk.place);
  if (is_valid_host(host)) request.host = host;
  return request;
}

ForwardedRequest read_forwarded(HeadersView headers, const TrustedPeers& trusted) {
  std::vector<Hop> hops;
  for (const std::string_view value : headers.get_all("forwarded")) {
    // A broken line and what stands before it may be the client's own; the lines behind it are those of proxies.
    if (!ForwardedReader(value).read(hops)) hops.clear();
  }
  if (hops.empty()) return {};
  Walk walk = find_client(hops, [](const Hop& hop) { return std::string_view(hop.node); }, trusted);
  const Hop& hop = hops[walk.place];
  ForwardedRequest request;
  request.client = std::move(walk.client);
  request.scheme = scheme_of(hop.proto);
  if (is_valid_host(hop.host)) request.host = hop.host;
  return request;
}

}  // namespace coroute::detail
