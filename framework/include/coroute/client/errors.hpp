// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What can go wrong with an outbound request; every text begins with its method and URL, without the query.
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/error_detail.hpp"
#include "coroute/http/status.hpp"

namespace coroute {

class ClientResponse;
class ValidationError;

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

/// The proxy made no tunnel or wants credentials (407). The request did not reach the host.
class ProxyError : public ClientError {
 public:
  ProxyError(std::string_view request, std::string_view reason, std::optional<Status> status = std::nullopt)
      : ClientError(request, reason), status_(status) {}

  /// What it answered; nothing when that was no usable answer.
  std::optional<Status> status() const noexcept { return status_; }

 private:
  std::optional<Status> status_;
};

/// There is no TLS session: the certificate is not that of the host or not trusted, or the peer doesn't speak TLS as we
/// do. The request was not sent.
class TlsError : public ClientError {
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

/// From `events()`: the answer is no event stream.
class EventStreamError : public ClientError {
 public:
  using ClientError::ClientError;
};

/// From `as<T>()`: the body is not what the type asks for, or no JSON.
class ResponseDecodeError : public ClientError {
 public:
  ResponseDecodeError(const ClientResponse& response, const ValidationError& error);

  const std::vector<ErrorDetail>& errors() const noexcept { return errors_; }

 private:
  std::vector<ErrorDetail> errors_;
};

/// The answer leads to where the request can't go: no usable URL, from https to http, or a generated body would have to
/// be sent again.
class RedirectError : public ClientError {
 public:
  using ClientError::ClientError;
};

/// More than `ClientOptions::max_redirects` in a row.
class TooManyRedirects : public RedirectError {
 public:
  using RedirectError::RedirectError;
};

/// An Upstream refuses the request to protect its backend, or its callers from it. Nothing was sent.
class UpstreamError : public ClientError {
 public:
  using ClientError::ClientError;
};

/// More requests wait than `UpstreamConcurrency::max_queue`.
class UpstreamQueueFull : public UpstreamError {
 public:
  using UpstreamError::UpstreamError;
};

/// Too many requests have failed at every address.
class CircuitOpen : public UpstreamError {
 public:
  CircuitOpen(std::string_view request, std::string_view reason, std::chrono::milliseconds retry_after)
      : UpstreamError(request, reason), retry_after_(retry_after) {}

  /// Until one is let through again.
  std::chrono::milliseconds retry_after() const noexcept { return retry_after_; }

 private:
  std::chrono::milliseconds retry_after_;
};

/// A limit of ClientTimeouts passed. Not a coroute::TimeoutError: a class with two std::exception bases would slip
/// through every `catch (const std::exception&)`.
class ClientTimeout : public ClientError {
 public:
  using ClientError::ClientError;
};

/// All connections to the host were in use. Nothing was sent.
class PoolTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

class DnsTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

class ConnectTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

class TlsTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

/// The peer took no byte of the request for too long; what it has may be all that it needs.
class WriteTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

/// The request was sent; whether the peer has acted on it is unknown.
class ReadTimeout : public ClientTimeout {
 public:
  using ClientTimeout::ClientTimeout;
};

/// No response head came. A ReadTimeout that is none of these came in the middle of the body.
class HeadTimeout : public ReadTimeout {
 public:
  using ReadTimeout::ReadTimeout;
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

/// The answer is no WebSocket: another status than 101 (also below 400), or a 101 that doesn't go with the request.
class WebSocketHandshakeError : public ClientError {
 public:
  WebSocketHandshakeError(const ClientResponse& response, std::string_view reason);

  Status status() const noexcept { return status_; }
  /// With its body.
  const ClientResponse& response() const noexcept { return *response_; }

 private:
  std::shared_ptr<const ClientResponse> response_;
  Status status_;
};

}  // namespace coroute
