// SPDX-License-Identifier: BSL-1.0
#include "healthcheck.hpp"

#include <string>
#include <utility>

#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"

namespace coroute::detail {
namespace {

std::string reachable(const std::string& host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" || host == "[::]" ? "::1" : host;
}

std::string authority(const ServeOptions& options) {
  if (!options.unix_socket.empty()) return "localhost";
  const std::string host = reachable(options.host);
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(options.port);
}

Async<int> ask(ClientOptions options) {
  const Client client(std::move(options));
  const ClientResponse answer = co_await client.get("/healthz");
  co_return answer.status().code();
}

}  // namespace

int ask_health(const ServeOptions& options, std::chrono::milliseconds limit) {
  ClientOptions client;
  client.base_url = (options.serves_tls() ? "https://" : "http://") + authority(options);
  client.unix_socket = options.unix_socket;
  client.timeout.total = limit;
  client.retries.max_attempts = 1;
  client.max_redirects = 0;
  client.trust_env = false;
  client.tls.verify = false;
  if (!options.tls.client_ca_files.empty()) client.tls.identity = options.tls.identity;
  return run(ask(std::move(client)));
}

}  // namespace coroute::detail
