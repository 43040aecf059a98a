// SPDX-License-Identifier: BSL-1.0
#include "redirect.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "url_join.hpp"

namespace coroute::detail {
namespace {

constexpr std::array<std::string_view, 5> about_the_body{"content-type", "content-encoding", "content-language",
                                                         "content-location", "content-length"};

void remove_credentials(Headers& headers) {
  for (const std::string_view name : {"authorization", "cookie", "proxy-authorization"})
    headers.remove(name);
}

bool becomes_get(Status status, std::string_view method) noexcept {
  if (status == Status::SeeOther) return method != "HEAD" && method != "GET";
  return (status == Status::MovedPermanently || status == Status::Found) && method == "POST";
}

void drop_body(OutgoingRequest& request) {
  request.method = "GET";
  request.body.clear();
  request.has_body = false;
  request.stream.reset();
  request.stream_size.reset();
  request.trailers.reset();
  for (const std::string_view name : about_the_body)
    request.headers.remove(name);
}

}  // namespace

bool is_redirect(Status status, const Headers& headers) noexcept {
  switch (status.code()) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return headers.contains("location");
    default:
      return false;
  }
}

void redirect(OutgoingRequest& request, const Url& from, Status status, const Headers& headers) {
  const std::string_view location = headers.get("location").value_or("");
  const std::string target(location.substr(0, location.find('#')));
  const Url to = from.resolve(request.is_upgrade ? http_url_of(target) : target);
  if (from.scheme() == "https" && to.scheme() != "https") throw std::invalid_argument("it leads from https to http");
  if (becomes_get(status, request.method)) drop_body(request);
  if (request.stream) throw std::invalid_argument("the body was sent and can't be made again");
  if (to.scheme() != from.scheme() || to.host() != from.host() || to.port() != from.port()) {
    remove_credentials(request.headers);
    request.leaves_origin = true;
  }
  request.headers.remove("host");
  request.url = to.to_string();
  request.query = QueryParams();
}

}  // namespace coroute::detail
