// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "coroute/client/http_transport.hpp"
#include "coroute/coroute.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "coroute/testing/recording_transport.hpp"
#include "coroute/testing/replay_transport.hpp"
#include "support/async_test.hpp"
#include "support/temporary_file.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

// [listening]
Async<std::vector<std::string>> first_headlines(const Client& news, std::size_t count) {
  std::vector<std::string> headlines;
  auto events = news.get("/events").events();
  while (headlines.size() < count) {
    auto event = co_await events.next();
    if (!event) break;
    if (event->event() == "headline") headlines.push_back(event->data());
  }
  co_return headlines;  // dropping the events closes the connection
}
// [/listening]

// [watching]
class CountOutcomes final : public ClientHooks {
 public:
  void on_request_end(const ClientTrace& trace) override {
    const std::lock_guard lock(mutex_);  // every loop calls it
    ++counts_[trace.status ? std::to_string(trace.status->code()) : std::string(trace.error)];
  }
  std::map<std::string, int> counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> counts_;
};
// [/watching]

// [replaying]
std::shared_ptr<Transport> recorded(const std::string& file, bool record) {
  if (record) return std::make_shared<RecordingTransport>(file, std::make_shared<HttpTransport>());
  return std::make_shared<ReplayTransport>(file);
}
// [/replaying]

Client client_of(const std::shared_ptr<Transport>& transport, std::shared_ptr<ClientHooks> hooks = nullptr) {
  ClientOptions options{.base_url = "http://backend"};
  options.hooks = std::move(hooks);
  options.transport = transport;
  return Client(std::move(options));
}

}  // namespace

TEST_SUITE_BEGIN("guide");

ASYNC_TEST_CASE("guide: events are taken as they come") {
  const auto news = std::make_shared<MockTransport>();
  news->on("GET", "/events",
           Response("event: headline\ndata: a\n\ndata: other\n\nevent: headline\ndata: b\n\n", "text/event-stream"));
  const Client client = client_of(news);
  const auto headlines = co_await first_headlines(client, 2);
  CHECK(headlines == std::vector<std::string>{"a", "b"});
}

ASYNC_TEST_CASE("guide: hooks count outcomes") {
  const auto backend = std::make_shared<MockTransport>();
  backend->on("GET", "/a", Response("ok"));
  backend->fail<ReadTimeout>("POST", "/a");
  const auto outcomes = std::make_shared<CountOutcomes>();
  const Client client = client_of(backend, outcomes);
  co_await client.get("/a");
  bool failed = false;
  try {
    co_await client.post("/a");
  } catch (const ReadTimeout&) {
    failed = true;
  }
  CHECK(failed);
  CHECK(outcomes->counts() == std::map<std::string, int>{{"200", 1}, {"ReadTimeout", 1}});
}

ASYNC_TEST_CASE("guide: a recording answers in place of the service") {
  const test::TemporaryFile file;
  const auto backend = std::make_shared<MockTransport>();
  backend->on("GET", "/a", Response("ok"));
  {
    const Client client = client_of(std::make_shared<RecordingTransport>(file.path(), backend));
    co_await client.get("/a");
  }
  const Client client = client_of(recorded(file.path(), false));
  const ClientResponse answer = co_await client.get("/a");
  CHECK(answer.text() == "ok");
}

TEST_SUITE_END();
