// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What carries a client's requests in place of connections: a mock, an application in the same process, a recording.
#include <string>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/http/response.hpp"
#include "coroute/http/url.hpp"

namespace coroute {

/// A request as it would be sent.
struct TransportRequest {
  std::string method;
  Url url;
  Headers headers;               ///< With `host`, without the fields that frame the body.
  std::string body;              ///< All of it, also what a generator yields.
  Headers trailers = Headers();  ///< What is sent behind that.
};

/// `ClientOptions::transport`. Redirects, cookies, limits and retries are the client's, as with connections.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Called on every loop that sends, for several requests at once. Cancelled when the request is, or when its total or
  /// its head limit has passed. What it throws reaches whoever sent the request. Trailers of the response count
  /// whether its body is streamed or not.
  virtual Async<Response> send(TransportRequest request) = 0;
};

}  // namespace coroute
