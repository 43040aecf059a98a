// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a RequestBuilder has gathered, and its text on the wire.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/http/url.hpp"

namespace coroute::detail {

class ClientCore;
class UpstreamAddress;
struct Proxy;

/// What the two requests of which one is enough know of each other.
struct Hedge {
  const UpstreamAddress* first_address = nullptr;
  bool first_has_failed = false;
};

struct OutgoingRequest {
  std::shared_ptr<ClientCore> client;
  std::string method;
  std::string url;
  QueryParams query;
  Headers headers;
  Headers propagated;            ///< From the request for which this one is sent; none of them replaces others.
  std::string kept_cookies;      ///< For this URL, from the client's; beside those in `headers`.
  const Proxy* proxy = nullptr;  ///< Of the client's, for this URL; null: none.
  std::string body;
  bool has_body = false;
  std::optional<AsyncGenerator<std::string>> stream;  ///< The body, instead.
  std::optional<std::uint64_t> stream_size;           ///< Of it, when it is known.
  std::shared_ptr<const Headers> trailers;            ///< To be sent behind it; null: none.
  /// Of the response, instead of the client's.
  std::optional<std::uint64_t> max_body_bytes;
  std::optional<std::chrono::milliseconds> total_timeout;
  std::optional<std::size_t> max_redirects;
  std::optional<std::chrono::milliseconds> read_timeout;
  /// Of the whole, redirects included; set when it is first sent.
  std::optional<std::optional<Clock::time_point>> deadline;
  /// Of the client's upstream: where the last attempt went, else null.
  const UpstreamAddress* address = nullptr;
  std::shared_ptr<Hedge> hedge;  ///< Null unless a second request may be sent beside this one.
  bool is_hedge = false;         ///< It is the second one.
  std::size_t attempts = 0;      ///< Begun so far, of the same hop.
  std::size_t redirects = 0;     ///< Followed so far.
  bool is_upgrade = false;       ///< Asks to end HTTP on its connection, which is one of its own.
  bool leaves_origin = false;    ///< By a redirect: the client's own credentials aren't sent either.

  bool is_chunked() const noexcept { return stream && (!stream_size || trailers); }
};

/// The same request, not sent yet. Not for one with a `stream`.
std::unique_ptr<OutgoingRequest> copy_of(const OutgoingRequest& request);

/// Its proxy sees it and sends it on; else it goes through a tunnel, as https does and what is to become another
/// protocol (RFC 6455 section 4.1), or there is no proxy.
bool is_forwarded(const OutgoingRequest& request, const Url& url) noexcept;

/// Sending it twice does what sending it once does (RFC 9110 section 9.2.2).
bool is_idempotent(std::string_view method) noexcept;

/// Throws std::invalid_argument for a field that only the client itself may send: it would break the framing.
void check_field_name(std::string_view name);

/// Fields that only the origin they are meant for may see.
bool is_credential(std::string_view field_name) noexcept;

/// All fields but those that frame the body. `defaults` are sent unless the request has fields of the same name.
Headers request_fields(const OutgoingRequest& request, const Url& url, const Headers& defaults);

/// As they are sent.
std::string field_lines(const Headers& fields);

/// Request line and header section, for the host or for the proxy that forwards it (RFC 9112 section 3.2.2).
/// `defaults`, of which `default_lines` are the field lines, are sent unless the request has fields of the same name.
void append_request_head(std::string& out, const OutgoingRequest& request, const Url& url, const Headers& defaults,
                         std::string_view default_lines);

/// Asks `proxy` for a tunnel to the host of `url` (RFC 9110 section 9.3.6).
std::string tunnel_head(const Url& url, const Proxy& proxy);

}  // namespace coroute::detail
