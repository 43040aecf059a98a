// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/replay_transport.hpp"

#include <utility>

#include "cassette.hpp"
#include "coroute/testing/mock_transport.hpp"

namespace coroute {
namespace {

Response response_of(const detail::Interaction& recorded) {
  Response response(recorded.status);
  for (const HeaderField field : recorded.response_headers) {
    if (field.value != detail::Cassette::redacted_value) response.headers.add(field.name, field.value);
  }
  response.body = recorded.response_body;
  response.set_trailers(std::make_shared<const Headers>(recorded.response_trailers));
  return response;
}

}  // namespace

ReplayTransport::ReplayTransport(std::string file, ReplayOptions options)
    : file_(std::move(file)),
      options_(options),
      cassette_(std::make_unique<detail::Cassette>(detail::Cassette::load(file_))),
      used_(cassette_->interactions.size()) {}

ReplayTransport::~ReplayTransport() = default;

Async<Response> ReplayTransport::send(TransportRequest request) {
  const std::string url = request.url.to_string();
  const auto& all = cassette_->interactions;
  const detail::Interaction* found = nullptr;
  std::size_t known = 0;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].method != request.method || all[i].url != url) continue;
      if (options_.match_body && all[i].request_body != request.body) continue;
      ++known;
      if (used_[i] && !options_.allow_repeats) continue;
      found = &all[i];
      if (used_[i]) continue;
      used_[i] = true;
      break;
    }
  }
  if (found) co_return response_of(*found);
  const std::string what = request.method + ' ' + url;
  if (known == 0) throw UnexpectedRequest(what + ": the cassette " + file_ + " has no such request");
  throw UnexpectedRequest(what + ": the cassette " + file_ + " has this request only " + std::to_string(known) +
                          (known == 1 ? " time" : " times"));
}

std::vector<std::string> ReplayTransport::unused() const {
  std::vector<std::string> labels;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < used_.size(); ++i) {
    if (!used_[i]) labels.push_back(cassette_->interactions[i].label());
  }
  return labels;
}

}  // namespace coroute
