// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `MockTransport`: answers that a test declares, in place of other services.
#include <cstddef>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/function.hpp"
#include "coroute/client/transport.hpp"

namespace coroute {

/// A request for which a MockTransport has no answer: a mistake of the test.
class UnexpectedRequest : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Answers requests as declared and remembers them. Any thread; what was declared last for a request counts.
///
///     const auto backend = std::make_shared<MockTransport>();
///     backend->on("GET", "/stock/7", json(Json{{"left", 3}}));
///     backend->on("GET", "/price/7", [](const TransportRequest&) -> Async<Response> {
///       co_await sleep(5s);
///       co_return Response(Status::BadGateway);
///     });
///     backend->fail<ConnectError>("POST", "/orders", "connection refused");
///     Client client{{.base_url = "http://inventory", .transport = backend}};
class MockTransport final : public Transport {
 public:
  using Answer = Function<Async<Response>(const TransportRequest&)>;

  /// Every request is answered by `otherwise` unless something is declared for it; null: that throws UnexpectedRequest.
  explicit MockTransport(Answer otherwise = {});
  ~MockTransport() override;

  /// `url`: a path, with or without a query, on any host, or a whole URL. Without a query it stands for all of them.
  MockTransport& on(std::string_view method, std::string_view url, Answer answer);
  MockTransport& on(std::string_view method, std::string_view url, Response answer);
  /// One after the other; the last one from then on.
  MockTransport& on(std::string_view method, std::string_view url, std::vector<Response> answers);
  /// Throws an `Error` made of the request and `reason`, which is one of client/errors.hpp.
  template <class Error>
  MockTransport& fail(std::string_view method, std::string_view url, std::string reason = "mocked");

  /// All requests so far, in order.
  std::vector<TransportRequest> requests() const;
  /// How many of them were for that; with the meaning of `on`.
  std::size_t count(std::string_view method, std::string_view url) const;

  Async<Response> send(TransportRequest request) override;

  /// "GET http://inventory/stock/7", as the texts of client errors begin.
  static std::string label(const TransportRequest& request);

 private:
  struct Rule;
  std::shared_ptr<const Rule> find(const TransportRequest& request) const;

  mutable std::mutex mutex_;
  Answer otherwise_;
  std::vector<std::shared_ptr<const Rule>> rules_;
  std::vector<TransportRequest> requests_;
};

// Implementation

template <class Error>
MockTransport& MockTransport::fail(std::string_view method, std::string_view url, std::string reason) {
  return on(method, url, [reason = std::move(reason)](const TransportRequest& request) -> Async<Response> {
    throw Error(label(request), reason);
  });
}

}  // namespace coroute
