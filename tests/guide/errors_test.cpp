// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/asyncio.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include "coroute/coroute.hpp"

#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

// [raise]
Async<int> load_price(std::string sku) {
  co_await sleep(10ms);
  if (sku.empty()) throw std::invalid_argument("no sku");
  co_return 7;
}

Async<std::string> price_or_excuse(std::string sku) {
  std::string text;
  try {
    const int price = co_await load_price(sku);  // the error of the coroutine arrives here
    text = std::to_string(price);
  } catch (const std::invalid_argument& error) {
    text = std::string("sorry, ") + error.what();
  }
  co_return text;
}
// [/raise]

// [lost]
Async<void> forgets_its_task() {
  create_task(load_price(""));  // nobody keeps the Task: its error is reported by the exception handler, with its stack
  co_await sleep(1s);
}
// [/lost]

// [first_failure]
Async<std::string> first_failure_cancels_the_rest(std::string& log) {
  auto slow = [](std::string& into) -> Async<int> {
    try {
      co_await sleep(1h);
    } catch (const Cancelled&) {
      into += "slow one cancelled; ";
      throw;  // always
    }
    co_return 1;
  };
  std::string text;
  try {
    co_await gather(load_price(""), slow(log));
  } catch (const std::invalid_argument& error) {
    text = log + error.what();  // both have ended here
  }
  co_return text;
}
// [/first_failure]

// [task_group]
Async<int> sum_of(std::vector<std::string> skus) {
  int sum = 0;
  co_await task_group([&](TaskGroup& group) -> Async<void> {
    for (const std::string& sku : skus)
      group.create_task([](std::string one, int& into) -> Async<void> { into += co_await load_price(one); }(sku, sum));
    co_return;
  });  // all of them are done here, whatever has happened
  co_return sum;
}
// [/task_group]

// [exception_group]
Async<std::string> tell_what_failed(std::vector<std::string> skus) {
  std::string text = "all well";
  try {
    co_await sum_of(skus);
  } catch (const ExceptionGroup& errors) {
    const auto parts = errors.split<std::invalid_argument>();  // Python's except*
    const auto& [bad_input, others] = parts;
    if (bad_input) text = "bad input: " + std::to_string(bad_input->exceptions().size());
    if (others) throw *others;
  }
  co_return text;
}
// [/exception_group]

// [cleanup]
Async<void> transfer(std::string& log) {
  std::exception_ptr error;
  try {
    log += "begin ";
    co_await sleep(1h);
    log += "commit ";
  } catch (...) {
    error = std::current_exception();  // also Cancelled; C++ has no co_await in a catch block
  }
  if (error) {
    co_await shielded([](std::string& into) -> Async<void> {  // a second cancellation waits until this is done
      co_await sleep(1s);
      into += "rollback ";
    }(log));
    std::rethrow_exception(error);
  }
}
// [/cleanup]

// [shield]
Async<void> write_invoice(std::string& log) {
  co_await sleep(2s);
  log += "written ";
}

Async<void> order(std::string& log) {
  const Task<void> invoice = create_task(write_invoice(log));
  co_await shield(invoice);  // when order() is cancelled, the invoice is written all the same
}
// [/shield]

}  // namespace

ASYNC_TEST_CASE("guide: an error is thrown where the coroutine is awaited") {
  const std::string good = co_await price_or_excuse("egg");
  const std::string bad = co_await price_or_excuse("");
  CHECK(good == "7");
  CHECK(bad == "sorry, no sku");
}

TEST_CASE("guide: the error of a lost task is reported") {
  std::vector<std::string> reports;
  set_exception_handler([&](const ExceptionContext& context) {
    reports.push_back(describe_exception(context.error) + " in " + std::string(context.stack.at(0).function));
  });
  run(forgets_its_task(), {.virtual_time = true});
  set_exception_handler({});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].starts_with("no sku in "));
  CHECK(reports[0].find("load_price") != std::string::npos);
}

ASYNC_TEST_CASE("guide: the first failure of gather cancels the others") {
  std::string log;
  const std::string text = co_await first_failure_cancels_the_rest(log);
  CHECK(text == "slow one cancelled; no sku");
}

ASYNC_TEST_CASE("guide: a task group waits for all and collects the errors") {
  const std::vector<std::string> good{"a", "b", "c"};
  const int sum = co_await sum_of(good);
  CHECK(sum == 21);
  const std::vector<std::string> mixed{"a", "", ""};
  const std::string text = co_await tell_what_failed(mixed);
  CHECK(text == "bad input: 2");
}

ASYNC_TEST_CASE("guide: cleanup may await, and finishes") {
  std::string log;
  const Task<void> task = create_task(transfer(log));
  co_await sleep(1s);
  task.cancel();
  co_await sleep(500ms);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(log == "begin rollback ");
}

ASYNC_TEST_CASE("guide: what is shielded goes on") {
  std::string log;
  const Task<void> task = create_task(order(log));
  co_await sleep(1s);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(log.empty());
  co_await sleep(2s);
  CHECK(log == "written ");
}
