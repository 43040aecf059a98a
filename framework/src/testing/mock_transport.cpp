// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/mock_transport.hpp"

#include <algorithm>
#include <utility>

#include "client/url_join.hpp"

namespace coroute {
namespace {

/// See `MockTransport::on`.
bool is_for(const TransportRequest& request, std::string_view method, std::string_view url) {
  if (request.method != method) return false;
  const std::string whole = request.url.to_string();
  std::string_view sent = url.starts_with('/') ? request.url.target() : std::string_view(whole);
  if (url.find('?') == std::string_view::npos) sent = sent.substr(0, sent.find('?'));
  return sent == url;
}

Async<Response> answered(Response response) {
  co_return response;
}

}  // namespace

struct MockTransport::Rule {
  std::string method;
  std::string url;
  Answer answer;
};

MockTransport::MockTransport(Answer otherwise) : otherwise_(std::move(otherwise)) {}

MockTransport::~MockTransport() = default;

MockTransport& MockTransport::on(std::string_view method, std::string_view url, Answer answer) {
  const std::lock_guard lock(mutex_);
  rules_.push_back(std::make_shared<const Rule>(Rule{std::string(method), std::string(url), std::move(answer)}));
  return *this;
}

MockTransport& MockTransport::on(std::string_view method, std::string_view url, Response answer) {
  return on(method, url, [answer = std::move(answer)](const TransportRequest&) { return answered(answer); });
}

MockTransport& MockTransport::on(std::string_view method, std::string_view url, std::vector<Response> answers) {
  if (answers.empty()) throw std::invalid_argument("a list of answers has at least one");
  struct Sequence {
    std::mutex mutex;
    std::vector<Response> answers;
    std::size_t next = 0;
  };
  auto sequence = std::make_shared<Sequence>();
  sequence->answers = std::move(answers);
  return on(method, url, [sequence](const TransportRequest&) {
    const std::lock_guard lock(sequence->mutex);
    const std::size_t index = std::min(sequence->next++, sequence->answers.size() - 1);
    return answered(sequence->answers[index]);
  });
}

std::vector<TransportRequest> MockTransport::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t MockTransport::count(std::string_view method, std::string_view url) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(requests_.begin(), requests_.end(),
                    [&](const TransportRequest& request) { return is_for(request, method, url); }));
}

std::shared_ptr<const MockTransport::Rule> MockTransport::find(const TransportRequest& request) const {
  const auto found = std::find_if(rules_.rbegin(), rules_.rend(), [&](const std::shared_ptr<const Rule>& rule) {
    return is_for(request, rule->method, rule->url);
  });
  return found == rules_.rend() ? nullptr : *found;
}

Async<Response> MockTransport::send(TransportRequest request) {
  std::shared_ptr<const Rule> rule;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    rule = find(request);
  }
  const Answer& answer = rule ? rule->answer : otherwise_;
  if (!answer) throw UnexpectedRequest(label(request) + ": the MockTransport has no answer for it");
  Response response = co_await answer(request);
  co_return response;
}

std::string MockTransport::label(const TransportRequest& request) {
  return request.method + ' ' + detail::printable_url({}, request.url.to_string());
}

}  // namespace coroute
