// SPDX-License-Identifier: BSL-1.0
#include "fetch.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/coroute.hpp"

namespace gateway {
namespace {

using namespace coroute;

constexpr std::size_t max_wanted = 32;

struct Wanted {
  Wanted(Backend& backend, std::string path) : backend(&backend), path(std::move(path)) {}
  Backend* backend;
  std::string path;
};

std::vector<Wanted> read_wanted(const Backends& backends, Request& request) {
  std::vector<Wanted> wanted;
  for (const std::string_view from : request.query_params().get_all("from")) {
    const std::size_t colon = from.find(':');
    const std::string_view path = colon == std::string_view::npos ? "" : from.substr(colon + 1);
    if (!path.starts_with('/')) throw HttpException(422, "'from' is name:/path, as in from=inventory:/stock/1");
    Backend* backend = backends.find(from.substr(0, colon));
    if (!backend) throw HttpException(422, "no backend has the name '" + std::string(from.substr(0, colon)) + "'");
    backend->url_of(path);
    wanted.emplace_back(*backend, std::string(path));
  }
  if (wanted.empty()) throw HttpException(422, "name at least one thing: ?from=name:/path");
  if (wanted.size() > max_wanted) throw HttpException(422, "at most 32 things at once");
  return wanted;
}

/// JSON stays JSON; anything else is passed on as text.
Json body_of(const ClientResponse& answer) {
  try {
    return parse_json(answer.text());
  } catch (const JsonParseError&) {
    return answer.text();
  }
}

Async<ClientResponse> call(Backend& backend, std::string path) {
  const Permit slot = co_await backend.slots.acquire();
  co_return co_await backend.client.get(path);
}

double milliseconds_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

Json error_value(std::string_view kind, std::string_view message) {
  return {{"kind", kind}, {"message", message}};
}

Async<Json> fetch_one(Wanted wanted) {
  const Clock::time_point began = Clock::now();
  Json result{{"backend", wanted.backend->name}, {"path", wanted.path}};
  try {
    const ClientResponse answer = co_await timeout(wanted.backend->timeout, call(*wanted.backend, wanted.path));
    result["status"] = answer.status().code();
    result["body"] = body_of(answer);
  } catch (const TimeoutError&) {
    result["error"] = error_value("timeout", "no answer in time");
  } catch (const ClientTimeout&) {
    result["error"] = error_value("timeout", "no answer in time");
  } catch (const ConnectError&) {
    result["error"] = error_value("unreachable", "the backend accepts no connection");
  } catch (const DnsError&) {
    result["error"] = error_value("unreachable", "the backend's name has no address");
  } catch (const ClientError&) {
    result["error"] = error_value("broken", "the backend's answer can't be used");
  }
  result["ms"] = milliseconds_since(began);
  co_return result;
}

}  // namespace

Async<Json> fetch(const Backends& backends, Request& request) {
  const Clock::time_point began = Clock::now();
  std::vector<Async<Json>> calls;
  for (Wanted& wanted : read_wanted(backends, request))
    calls.push_back(fetch_one(std::move(wanted)));
  std::vector<Json> results = co_await gather(std::move(calls));
  co_return Json{{"results", std::move(results)}, {"ms", milliseconds_since(began)}};
}

}  // namespace gateway
