// SPDX-License-Identifier: BSL-1.0
// Which request something runs for, wherever it runs; and that a connection's requests don't see each other's
// variables.
#include "coroute/http/request_id.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/observe/access_log.hpp"
#include "coroute/observe/logging.hpp"
#include "support/log_capture.hpp"
#include "support/loop_thread.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using coroute::testing::LogCapture;
using coroute::testing::LoopThread;
using namespace std::chrono_literals;

namespace {

std::string with_id(const std::string& id) {
  return "x-request-id: " + id + "\r\n";
}

/// Answers with what `body` gives.
using HandlerBody = Async<std::string> (*)(Request&);
Handler handler_of(HandlerBody body) {
  return [body](Request& request) -> Async<Response> {
    std::string seen = co_await body(request);
    co_return text(std::move(seen));
  };
}

/// What `body` sees in a request with the id "order-7".
std::string seen_in(HandlerBody body) {
  TestServer server(handler_of(body));
  return server.request(get("/", with_id("order-7"))).body;
}

Async<std::string> id_after(Clock::duration delay) {
  co_await sleep(delay);
  co_return request_id();
}
Async<std::string> id_now() {
  co_return request_id();
}

const ContextVar<std::string> tenant("tenant", "nobody");
Async<std::string> tenant_of_task() {
  co_return tenant.get();
}

/// A result that outlives the request.
class Later {
 public:
  void set(std::string text) {
    text_ = std::move(text);
    done_.count_down();
  }
  std::string get() {
    done_.wait();
    return text_;
  }

 private:
  std::string text_;
  std::latch done_{1};
};

Async<void> tell_later(std::shared_ptr<Later> later, Semaphore& gate) {
  const Permit permit = co_await gate.acquire();
  later->set(request_id());
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("request id: it is that of the request, the client's or one of our own") {
    const HandlerBody compare = [](Request& request) -> Async<std::string> {
      co_return request_id() + (request.request_id() == request_id() ? " same" : " other");
    };
    CHECK(seen_in(compare) == "order-7 same");
    TestServer server(handler_of(compare));
    const std::string made = server.request(get("/")).body;
    CHECK(made.size() == 21);
    CHECK(made.ends_with(" same"));
    CHECK(server.request(get("/")).body != made);
  }

  TEST_CASE("request id: outside of requests there is none") {
    CHECK(request_id().empty());
    CHECK(run(id_now()).empty());
  }

  TEST_CASE("request id: it is there after awaits, and in tasks, gather and generators") {
    CHECK(seen_in([](Request&) -> Async<std::string> { return id_after(1ms); }) == "order-7");
    CHECK(seen_in([](Request&) -> Async<std::string> {
            auto nested = []() -> Async<std::string> {
              std::string id = co_await create_task(id_after(1ms));
              co_return id;
            };
            std::string id = co_await create_task(nested(), TaskOptions("outer").eager_start());
            co_return id;
          }) == "order-7");
    CHECK(seen_in([](Request&) -> Async<std::string> {
            auto ids = co_await gather(id_after(1ms), id_now());
            co_return std::get<0>(ids) + std::get<1>(ids);
          }) == "order-7order-7");
    CHECK(seen_in([](Request&) -> Async<std::string> {
            auto ids = []() -> AsyncGenerator<std::string> { co_yield request_id(); };
            auto all = ids();
            const std::optional<std::string> first = co_await all.next();
            co_return *first;
          }) == "order-7");
  }

  TEST_CASE("request id: it is there in functions on threads, also when they have been abandoned") {
    CHECK(seen_in([](Request&) -> Async<std::string> {
            std::string id = co_await to_thread(&request_id);
            co_return id;
          }) == "order-7");
    CHECK(seen_in([](Request&) -> Async<std::string> {
            std::string id = co_await to_thread(abandon_on_cancel, &request_id);
            co_return id;
          }) == "order-7");
  }

  TEST_CASE("request id: it is there in callbacks") {
    CHECK(seen_in([](Request&) -> Async<std::string> {
            std::string soon;
            std::string later;
            std::string when_done;
            EventLoop& loop = EventLoop::current();
            loop.call_soon([&] { soon = request_id(); });
            loop.call_later(1ms, [&] { later = request_id(); });
            Task<std::string> task = create_task(id_now());
            task.add_done_callback([&](const AnyTask&) { when_done = request_id(); });
            co_await sleep(20ms);
            while (later.empty() || when_done.empty())
              co_await sleep(1ms);
            co_return soon + " " + later + " " + when_done;
          }) == "order-7 order-7 order-7");
  }

  TEST_CASE("request id: it is there in tasks of other loops") {
    static LoopThread* other = nullptr;
    LoopThread thread;
    other = &thread;
    CHECK(seen_in([](Request&) -> Async<std::string> {
            std::string id = co_await create_task_on(other->loop(), id_after(1ms));
            co_return id;
          }) == "order-7");
  }

  TEST_CASE("request id: a spawned task keeps it when its request is long over") {
    Semaphore gate(0);
    const auto first = std::make_shared<Later>();
    const auto second = std::make_shared<Later>();
    TestServer server([&](Request& request) -> Async<Response> {
      if (request.path() == "/1") App::spawn(tell_later(first, gate));
      if (request.path() == "/2") App::spawn(tell_later(second, gate));
      co_return text("spawned");
    });
    {
      RawClient client = server.connect();
      client.request(get("/1", with_id("first")));
      client.request(get("/2", with_id("second")));
      client.request(get("/3", with_id("third")));
    }
    gate.release();
    CHECK(first->get() == "first");
    CHECK(second->get() == "second");
  }

  TEST_CASE("request id: a copied context has it; one that two requests share shows neither the other's") {
    CHECK(seen_in([](Request&) -> Async<std::string> {
            auto spawned = App::spawn(id_after(1ms), TaskOptions().context(copy_context()));
            std::string id = co_await spawned;
            co_return id;
          }) == "order-7");

    static const Context shared;
    TestServer server(handler_of([](Request&) -> Async<std::string> {
      std::string id = co_await create_task(id_now(), TaskOptions().context(shared));
      co_return id + " " + shared.run([] { return request_id(); });
    }));
    CHECK(server.request(get("/", with_id("a"))).body == "a a");
    CHECK(server.request(get("/", with_id("b"))).body == "b b");
  }

  TEST_CASE("request id: requests that run at the same time keep theirs apart") {
    static Semaphore gate(0);
    TestServer server(handler_of([](Request& request) -> Async<std::string> {
      const std::string before = request_id();
      const std::string on_thread = co_await to_thread(&request_id);
      {
        const Permit permit = co_await gate.acquire();
      }
      const std::string in_task = co_await create_task(id_now());
      const std::string id(request.request_id());
      const bool same = before == id && on_thread == id && in_task == id;
      co_return same ? id : "mixed up";
    }));
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(server.connect());
      clients.back().send(get("/", with_id("r" + std::to_string(i))));
    }
    CHECK(eventually([&] { return gate.waiting() == 20; }));
    gate.release();
    for (int i = 0; i < 20; ++i)
      CHECK(clients[static_cast<std::size_t>(i)].receive().body == "r" + std::to_string(i));
  }

  TEST_CASE("context: a variable set in one request is not seen by the next on the same connection") {
    TestServer server(handler_of([](Request& request) -> Async<std::string> {
      const std::string before = tenant.get();
      tenant.set(std::string(request.path()));
      const std::string in_task = co_await create_task(tenant_of_task());
      if (request.path() == "/throw") throw HttpException(418, before);
      co_return before + " " + in_task;
    }));
    RawClient client = server.connect();
    CHECK(client.request(get("/acme")).body == "nobody /acme");
    CHECK(client.request(get("/umbrella")).body == "nobody /umbrella");
    CHECK(client.request(get("/throw")).status == 418);
    CHECK(client.request(get("/acme")).body == "nobody /acme");
    client.send(get("/1") + get("/2"));
    CHECK(client.receive().body == "nobody /1");
    CHECK(client.receive().body == "nobody /2");
  }

  TEST_CASE("log: a line that is written for a request says which, unless it does already") {
    const LogCapture capture;
    {
      TestServer server(handler_of([](Request&) -> Async<std::string> {
        log_info("in the handler", {{"step", 1}});
        log_info("with its own", {{"request_id", "mine"}});
        const auto log_on_thread = [] { log_info("on a thread"); };
        co_await to_thread(log_on_thread);
        co_return "done";
      }));
      server.request(get("/", with_id("order-7")));
    }
    log_info("outside");
    std::vector<std::string> lines = capture.lines();
    for (std::string& line : lines)
      line = LogCapture::after_time(line);
    CHECK(lines == std::vector<std::string>{"INFO in the handler step=1 request_id=order-7",
                                            "INFO with its own request_id=mine", "INFO on a thread request_id=order-7",
                                            "INFO outside"});
  }

  TEST_CASE("log: an error that nobody fetched names the request whose task it was") {
    const LogCapture capture;
    install_exception_logging();
    {
      static std::atomic<bool> failed{false};
      auto fail = []() -> Async<void> {
        co_await sleep(0s);
        failed = true;
        throw std::runtime_error("nobody cares");
      };
      TestServer server([&](Request&) -> Async<Response> {
        App::spawn(fail());
        co_return text("spawned");
      });
      server.request(get("/", with_id("order-7")));
      CHECK(eventually([&] { return failed.load(); }));
    }
    set_exception_handler({});
    const std::vector<std::string> lines = capture.lines();
    REQUIRE_FALSE(lines.empty());
    CHECK(lines[0].find("error=\"nobody cares\" request_id=order-7") != std::string::npos);
  }
}
