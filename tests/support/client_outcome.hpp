// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How an outbound request ended, as text.
#include <string>
#include <utility>

#include "coroute/client/client.hpp"

namespace coroute::test {

/// The name of the most derived class.
inline std::string class_of(const ClientError& error) {
  if (dynamic_cast<const InvalidUrl*>(&error)) return "InvalidUrl";
  if (dynamic_cast<const CircuitOpen*>(&error)) return "CircuitOpen";
  if (dynamic_cast<const UpstreamQueueFull*>(&error)) return "UpstreamQueueFull";
  if (dynamic_cast<const DnsError*>(&error)) return "DnsError";
  if (dynamic_cast<const ConnectError*>(&error)) return "ConnectError";
  if (dynamic_cast<const ProxyError*>(&error)) return "ProxyError";
  if (dynamic_cast<const EventStreamError*>(&error)) return "EventStreamError";
  if (dynamic_cast<const TlsError*>(&error)) return "TlsError";
  if (dynamic_cast<const ConnectionClosed*>(&error)) return "ConnectionClosed";
  if (dynamic_cast<const ProtocolError*>(&error)) return "ProtocolError";
  if (dynamic_cast<const ResponseTooLarge*>(&error)) return "ResponseTooLarge";
  if (dynamic_cast<const PoolTimeout*>(&error)) return "PoolTimeout";
  if (dynamic_cast<const DnsTimeout*>(&error)) return "DnsTimeout";
  if (dynamic_cast<const ConnectTimeout*>(&error)) return "ConnectTimeout";
  if (dynamic_cast<const TlsTimeout*>(&error)) return "TlsTimeout";
  if (dynamic_cast<const WriteTimeout*>(&error)) return "WriteTimeout";
  if (dynamic_cast<const HeadTimeout*>(&error)) return "HeadTimeout";
  if (dynamic_cast<const ReadTimeout*>(&error)) return "ReadTimeout";
  if (dynamic_cast<const TotalTimeout*>(&error)) return "TotalTimeout";
  if (dynamic_cast<const TooManyRedirects*>(&error)) return "TooManyRedirects";
  if (dynamic_cast<const RedirectError*>(&error)) return "RedirectError";
  if (dynamic_cast<const HttpStatusError*>(&error)) return "HttpStatusError";
  if (dynamic_cast<const WebSocketHandshakeError*>(&error)) return "WebSocketHandshakeError";
  return "ClientError";
}

/// "200 <body>", or the class of the error.
inline Async<std::string> outcome_of(RequestBuilder request) {
  std::string outcome;
  try {
    const ClientResponse response = co_await std::move(request);
    outcome = std::to_string(response.status().code()) + ' ' + response.text();
  } catch (const ClientError& error) {
    outcome = class_of(error);
  }
  co_return outcome;
}

}  // namespace coroute::test
