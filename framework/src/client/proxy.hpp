// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which proxy a request goes through, by the options of a client and by the environment.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/client/options.hpp"
#include "coroute/http/url.hpp"

namespace coroute::detail {

struct Proxy {
  /// "http://user:password@proxy:3128", or that without the scheme. The user info is percent-decoded. Throws
  /// std::invalid_argument, which doesn't show it.
  static Proxy parse(std::string_view text);

  std::string host;
  std::uint16_t port = 0;
  std::string authority;      ///< "proxy:3128": no secret.
  std::string authorization;  ///< The value of `proxy-authorization`; empty: none.
};

/// The value of NO_PROXY, as curl reads it: names with all that is below them, with or without a leading dot or `*.`,
/// addresses, blocks of them ("10.0.0.0/8"), each with or without a port, separated by commas or spaces; `*`: all.
class NoProxy {
 public:
  NoProxy() = default;
  explicit NoProxy(std::string_view list);

  bool matches(std::string_view host, std::uint16_t port) const noexcept;

 private:
  struct Entry {
    std::string name;                                      // without the dot; of an address: nothing
    std::optional<std::array<unsigned char, 16>> address;  // IPv4 mapped into IPv6
    int bits = 128;
    std::uint16_t port = 0;  // 0: any
  };
  static Entry parse(std::string_view text);

  std::vector<Entry> entries_;
  bool all_ = false;
};

/// Immutable; any thread.
class ProxySettings {
 public:
  using Variables = std::function<const char*(const char* name)>;

  /// No proxy at all.
  ProxySettings() = default;
  /// What the options say, else the environment if they trust it. std::invalid_argument names what can't be used.
  ProxySettings(const ClientOptions& options, const Variables& variables);

  /// Null: the host itself is asked.
  const Proxy* find(const Url& url) const noexcept;

 private:
  std::optional<Proxy> http_;
  std::optional<Proxy> https_;
  NoProxy no_proxy_;
  bool spares_this_machine_ = false;
};

}  // namespace coroute::detail
