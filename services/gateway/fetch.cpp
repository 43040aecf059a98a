// SPDX-License-Identifier: BSL-1.0
#include "fetch.hpp"

#include <chrono>
#include <exception>
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
Json body_of(const std::string& text) {
  try {
    return parse_json(text);
  } catch (const JsonParseError&) {
    return text;
  }
}

double milliseconds_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

Json error_value(std::string_view kind, std::string_view message) {
  return {{"kind", kind}, {"message", message}};
}

/// What `error` is to those who only want to know what they can do about it.
Json describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ClientTimeout&) {
    return error_value("timeout", "no answer in time");
  } catch (const UpstreamQueueFull&) {
    return error_value("overloaded", "too many requests wait for the backend");
  } catch (const CircuitOpen& open) {
    Json value = error_value("unavailable", "the backend has failed too often and is left alone for a while");
    value["retry_after_ms"] = open.retry_after().count();
    return value;
  } catch (const ConnectError&) {
    return error_value("unreachable", "the backend accepts no connection");
  } catch (const DnsError&) {
    return error_value("unreachable", "the backend's name has no address");
  } catch (const ClientError&) {
    return error_value("broken", "the backend's answer can't be used");
  }
}

void add_stale(Json& result, Wanted& wanted) {
  const auto last = wanted.backend->last_answers.find(wanted.path);
  if (!last) return;
  result["stale"] = true;
  result["age_ms"] = milliseconds_since(last->when);
  result["body"] = body_of(last->body);
}

Async<Json> fetch_one(Wanted wanted) {
  const Clock::time_point began = Clock::now();
  Json result{{"backend", wanted.backend->name}, {"path", wanted.path}};
  try {
    const ClientResponse answer = co_await wanted.backend->upstream.get(wanted.path);
    if (answer.status() == Status::TooManyRequests) {
      result["error"] = error_value("rate_limited", "the backend wants fewer requests");
      add_stale(result, wanted);
    } else {
      result["status"] = answer.status().code();
      result["body"] = body_of(answer.text());
      if (answer.status().code() < 300) {
        wanted.backend->last_answers.keep(wanted.path, {answer.text(), Clock::now()});
      }
    }
  } catch (const ClientError&) {
    result["error"] = describe(std::current_exception());
    add_stale(result, wanted);
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
