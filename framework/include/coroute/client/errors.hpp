// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What can go wrong with an outbound request; every text begins with its method and URL, without the query.
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "coroute/http/status.hpp"

namespace coroute {

class ClientResponse;

/// Base of all of them. None is thrown for a status: a 404 is an answer, see `ClientResponse::raise_for_status`.
class ClientError : public std::runtime_error {
 public:
  /// `request` is such as "GET http://inventory/stock/1".
  ClientError(std::string_view request, std::string_view reason);
};

/// The URL can't be used: malformed, relative without a base_url, or not of a supported scheme. Nothing was sent.
class InvalidUrl : public ClientError {
 public:
  using ClientError::ClientError;
};

/// The host has no address, or the resolver failed. Nothing was sent.
class DnsError : public ClientError {
 public:
  using ClientError::ClientError;
};

/// No address of the host accepted a connection. Nothing was sent.
class ConnectError : public ClientError {
 public:
  using ClientError::ClientError;
};

/// The peer closed before the response was complete; whether it has acted on the request is unknown.
class ConnectionClosed : public ClientError {
 public:
  using ClientError::ClientError;
};

/// What came back is no valid HTTP/1.1 response, or its framing could be read in two ways (RFC 9112 section 6.3).
class ProtocolError : public ClientError {
 public:
  using ClientError::ClientError;
};

/// Head or body of the response are over the client's limits.
class ResponseTooLarge : public ClientError {
 public:
  using ClientError::ClientError;
};

/// A limit of ClientTimeouts passed. Not a coroute::TimeoutError: a class with two std::exception bases would slip
/// through every `catch (const std::exception&)`.
class ClientTimeout : public ClientError {
 public:
  using ClientError::ClientError;
};

class DnsTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

class ConnectTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

/// The request was sent and no response head came.
class ReadTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

class TotalTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

/// From `raise_for_status`: the status is 400 or above.
class HttpStatusError : public ClientError {
 public:
  explicit HttpStatusError(const ClientResponse& response);

  Status status() const noexcept { return status_; }
  const ClientResponse& response() const noexcept { return *response_; }

 private:
  std::shared_ptr<const ClientResponse> response_;
  Status status_;
};

}  // namespace coroute
