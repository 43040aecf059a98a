// SPDX-License-Identifier: BSL-1.0
// Work that is done when the answer has been sent.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/http/request.hpp"
#include "support/async_test.hpp"
#include "support/exception_reports.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::TestRequest;

namespace {

using Log = std::vector<std::string>;

Async<> work_for_a_second(Log& log, std::string name) {
  log.push_back(name + " begins");
  co_await sleep(1s);
  log.push_back(name + " ends");
}

Async<> join(Task<void> task) {
  co_await task;
}

Async<> fail(std::string what) {
  throw std::runtime_error(what);
  co_return;
}

}  // namespace

TEST_SUITE("request") {
  ASYNC_TEST_CASE("work after the response: what one throws, Cancelled too, is reported, and the rest goes on") {
    const test::ExceptionReports reports;
    Log log;
    TestRequest request;
    const Task<void> cancelled = create_task(work_for_a_second(log, "task"));
    cancelled.cancel();
    request->add_after_response(fail("broken"));
    request->add_after_response(join(cancelled));
    request->add_after_response(work_for_a_second(log, "last"));
    co_await request->run_after_response();
    CHECK(log == Log{"last begins", "last ends"});
    CHECK(reports.messages().size() == 2);
  }

  ASYNC_TEST_CASE("work after the response: whoever cancels it ends each piece at its wait, and loses none") {
    const test::ExceptionReports reports;
    Log log;
    TestRequest request;
    for (const char* name : {"a", "b", "c"})
      request->add_after_response(work_for_a_second(log, name));
    const Task<void> work = create_task(request->run_after_response());
    co_await sleep(1500ms);
    const auto cancelled_at = EventLoop::current().time();
    work.cancel(CancelReason::Shutdown);
    co_await work;
    CHECK(EventLoop::current().time() == cancelled_at);
    CHECK(log == Log{"a begins", "a ends", "b begins", "c begins"});
    CHECK(reports.messages().size() == 2);
  }
}
