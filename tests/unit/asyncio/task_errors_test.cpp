// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

/// Keeps what is reported while it lives.
class Reports {
 public:
  Reports() {
    set_exception_handler([this](const ExceptionContext& context) { contexts.push_back(context); });
  }
  ~Reports() { set_exception_handler({}); }
  std::vector<ExceptionContext> contexts;
};

constexpr unsigned line_of_throw = __LINE__ + 2;
Async<void> query_database() {
  throw std::runtime_error("no connection");
  co_return;
}

constexpr unsigned line_of_query = __LINE__ + 3;
Async<void> load_user() {
  co_await sleep(1ms);
  co_await query_database();
}

constexpr unsigned line_of_load = __LINE__ + 2;
Async<void> handle_request() {
  co_await load_user();
}

Async<void> fail_quietly() {
  co_await sleep(1ms);
  throw std::runtime_error("nobody asked");
}

bool names(const StackEntry& entry, std::string_view function, unsigned line) {
  return entry.function.find(function) != std::string_view::npos && entry.line == line &&
         entry.file.ends_with("task_errors_test.cpp");
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("exception_stack: names each coroutine that the error left, with the line of its await") {
  std::vector<StackEntry> stack;
  try {
    co_await handle_request();
  } catch (const std::runtime_error&) {
    stack = exception_stack(std::current_exception());
  }
  REQUIRE(stack.size() == 3);
  CHECK(stack[0].function.find("query_database") != std::string_view::npos);
  CHECK(stack[0].line >= line_of_throw - 1);  // it awaited nothing: some line of its declaration
  CHECK(stack[0].line <= line_of_throw + 2);
  CHECK(names(stack[1], "load_user", line_of_query));
  CHECK(names(stack[2], "handle_request", line_of_load));
}

ASYNC_TEST_CASE("exception_stack: goes on through the task in which the error was thrown") {
  Task<void> task = create_task(handle_request());
  constexpr unsigned line_of_await = __LINE__ + 1;
  auto waiter = [&task]() -> Async<void> { co_await task; };
  std::vector<StackEntry> stack;
  try {
    co_await waiter();
  } catch (const std::runtime_error&) {
    stack = exception_stack(std::current_exception());
  }
  REQUIRE(stack.size() == 4);
  CHECK(names(stack[2], "handle_request", line_of_load));
  CHECK(stack[3].line == line_of_await);
}

ASYNC_TEST_CASE("exception_stack: goes on through gather") {
  std::vector<StackEntry> stack;
  try {
    co_await gather(handle_request(), sleep(1h));
  } catch (const std::runtime_error&) {
    stack = exception_stack(std::current_exception());
  }
  REQUIRE(stack.size() >= 4);
  CHECK(names(stack[1], "load_user", line_of_query));
  CHECK(names(stack[2], "handle_request", line_of_load));
}

ASYNC_TEST_CASE("exception_stack: knows only errors that were thrown here, the last one of them") {
  CHECK(exception_stack(nullptr).empty());
  CHECK(exception_stack(std::make_exception_ptr(std::runtime_error("elsewhere"))).empty());
  std::exception_ptr first;
  std::exception_ptr second;
  try {
    co_await handle_request();
  } catch (const std::runtime_error&) {
    first = std::current_exception();
  }
  try {
    co_await fail_quietly();
  } catch (const std::runtime_error&) {
    second = std::current_exception();
  }
  CHECK(exception_stack(first).empty());
  const std::vector<StackEntry> stack = exception_stack(second);
  REQUIRE(stack.size() == 1);
  CHECK(stack[0].function.find("fail_quietly") != std::string_view::npos);
}

TEST_CASE("exception_stack: is empty outside a task") {
  CHECK(exception_stack(std::make_exception_ptr(1)).empty());
}

ASYNC_TEST_CASE("exception_stack: of a deep recursion it keeps the innermost 64") {
  struct Deep {
    static Async<void> fall(int depth) {
      if (depth == 0) throw std::runtime_error("deep");
      co_await fall(depth - 1);
    }
  };
  std::vector<StackEntry> stack;
  try {
    co_await Deep::fall(63);  // 64 coroutines: all fit
  } catch (const std::runtime_error&) {
    stack = exception_stack(std::current_exception());
  }
  CHECK(stack.size() == 64);
  try {
    co_await Deep::fall(1'000);
  } catch (const std::runtime_error&) {
    stack = exception_stack(std::current_exception());
  }
  CHECK(stack.size() == 64);
}

ASYNC_TEST_CASE("task stack: of a suspended task names the coroutines from the innermost outwards") {
  Task<void> task = create_task(handle_request());
  co_await sleep(0s);
  const std::vector<StackEntry> stack = task.stack();
  REQUIRE(stack.size() == 2);
  CHECK(names(stack[0], "load_user", line_of_query - 1));
  CHECK(names(stack[1], "handle_request", line_of_load));
  REQUIRE(task.state().waiting() != nullptr);
  CHECK(std::string_view(task.state().waiting()->describe()) == "sleep");
  try {
    co_await task;
  } catch (const std::runtime_error&) {
  }
  CHECK(task.stack().empty());
}

ASYNC_TEST_CASE(
    "exception handler: gets an error that nobody fetched, when the last handle is dropped "
    "(test_future_exception_never_retrieved)") {
  Reports reports;
  {
    Task<void> task = create_task(fail_quietly(), "forgotten");
    co_await sleep(1s);
    CHECK(task.done());
    CHECK(reports.contexts.empty());
  }
  REQUIRE(reports.contexts.size() == 1);
  const ExceptionContext& context = reports.contexts[0];
  CHECK(context.message == "exception of task 'forgotten' was never retrieved");
  CHECK(describe_exception(context.error) == "nobody asked");
  REQUIRE(context.stack.size() == 1);
  CHECK(context.stack[0].function.find("fail_quietly") != std::string_view::npos);
}

ASYNC_TEST_CASE("exception handler: gets the error of a task without handles at the task's end") {
  Reports reports;
  create_task(fail_quietly());
  co_await sleep(0s);
  CHECK(reports.contexts.empty());
  co_await sleep(1s);
  CHECK(reports.contexts.size() == 1);
}

ASYNC_TEST_CASE("exception handler: gets nothing that was awaited or looked at (test_tb_logger_exception_retrieved)") {
  Reports reports;
  for (int way = 0; way < 3; ++way) {
    Task<void> task = create_task(fail_quietly());
    co_await sleep(1s);
    try {
      if (way == 0) co_await task;
      if (way == 1) task.result();
      if (way == 2) static_cast<void>(task.exception());
    } catch (const std::runtime_error&) {
    }
  }
  CHECK(reports.contexts.empty());
}

ASYNC_TEST_CASE(
    "exception handler: gets nothing of results and cancellations "
    "(test_tb_logger_result_unretrieved, test_tb_logger_not_called_after_cancel)") {
  Reports reports;
  {
    create_task(Async<int>::ready(1));
    Task<void> task = create_task(fail_quietly());
    co_await sleep(0s);
    task.cancel();
    co_await sleep(1s);
    CHECK(task.cancelled());
  }
  CHECK(reports.contexts.empty());
}

ASYNC_TEST_CASE("exception handler: one that throws itself does no harm") {
  set_exception_handler([](const ExceptionContext&) { throw std::runtime_error("handler"); });
  create_task(fail_quietly());
  co_await sleep(1s);
  set_exception_handler({});
  CHECK(EventLoop::current().task_count() == 1);
}

TEST_CASE("describe_exception: has a text for everything that can be thrown") {
  CHECK(describe_exception(nullptr) == "no error");
  CHECK(describe_exception(std::make_exception_ptr(std::runtime_error("text"))) == "text");
  CHECK(describe_exception(std::make_exception_ptr(Cancelled(CancelReason::Shutdown))) == "cancelled: shutdown");
  CHECK(describe_exception(std::make_exception_ptr(7)) == "an exception that is not a std::exception");
}

TEST_SUITE_END();
