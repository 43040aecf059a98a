// SPDX-License-Identifier: BSL-1.0
#include "coroute/observe/access_log.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/json.hpp"
#include "support/async_test.hpp"
#include "support/log_capture.hpp"

using namespace coroute;
using coroute::testing::LogCapture;
using namespace std::chrono_literals;

namespace {

const PeerAddress peer{"203.0.113.7", 51234};
const PeerAddress peer_v6{"2001:db8::1", 443};

struct Sent {
  explicit Sent(std::string_view target, const PeerAddress* client = &peer) {
    head.method_name = "PUT";
    head.method = Method::Put;
    head.target = target;
    request.emplace(head, nullptr, client);
  }
  AccessRecord record() const {
    AccessRecord record;
    record.request = &*request;
    record.status = Status::Created;
    record.body_bytes = 13;
    record.duration = 1'234'567ns;
    return record;
  }
  RequestHead head;
  std::optional<Request> request;
};

std::string only_line(const LogCapture& capture) {
  const std::vector<std::string> lines = capture.lines();
  REQUIRE(lines.size() == 1);
  return LogCapture::after_time(lines[0]);
}

Json only_json(const LogCapture& capture) {
  const std::vector<std::string> lines = capture.lines();
  REQUIRE(lines.size() == 1);
  return parse_json(lines[0]);
}

Async<void> innermost() {
  co_await sleep(1ms);
  throw std::runtime_error("no stock\nforged");
}
Async<void> outer() {
  co_await innermost();
}

/// What a server does with an exception of its handler.
Async<HandlerError> failed_handler(const Request& request) {
  HandlerError error;
  error.request = &request;
  try {
    co_await outer();
  } catch (...) {
    error.error = std::current_exception();
    error.stack = exception_stack(error.error);
  }
  co_return error;
}

/// Puts the default handler back.
struct ExceptionLogging {
  ExceptionLogging() { install_exception_logging(); }
  ~ExceptionLogging() {
    set_exception_handler([](const ExceptionContext& context) {
      const std::string text = context.message + ": " + describe_exception(context.error) + "\n";
      std::fputs(text.c_str(), stderr);
    });
  }
  ExceptionLogging(const ExceptionLogging&) = delete;
  ExceptionLogging& operator=(const ExceptionLogging&) = delete;
};

}  // namespace

TEST_SUITE("observe") {
  TEST_CASE("access log: what was refused before it was a request has status and client") {
    LogCapture capture;
    AccessRecord record;
    record.client = &peer;
    record.status = Status::BadRequest;
    log_access(record);
    CHECK(only_line(capture) == "INFO request refused status=400 client=203.0.113.7:51234");
  }

  TEST_CASE("access log: one line says what was asked, answered and how long it took") {
    const LogCapture capture;
    Sent sent("/items/42?token=secret");
    sent.request->set_route_path("/items/{item_id}");
    log_access(sent.record());
    CHECK(only_line(capture) ==
          "INFO request method=PUT path=/items/42 route=/items/{item_id} status=201 bytes=13 "
          "duration_ms=1.235 request_id=" +
              std::string(sent.request->request_id()) + " client=203.0.113.7:51234");
  }

  TEST_CASE("access log: JSON has numbers as numbers") {
    const LogCapture capture({.format = LogFormat::Json});
    const Sent sent("/a");
    log_access(sent.record());
    const Json line = only_json(capture);
    CHECK(line["message"] == "request");
    CHECK(line["path"] == "/a");
    CHECK(line["route"] == "-");
    CHECK(line["status"] == 201);
    CHECK(line["bytes"] == 13);
    CHECK(line["duration_ms"] == 1.235);
  }

  TEST_CASE("access log: a path under a mount is logged whole") {
    const LogCapture capture;
    Sent sent("/api/items?x=1");
    sent.request->enter_mount(std::string_view("/api").size());
    log_access(sent.record());
    CHECK(only_line(capture).find(" path=/api/items ") != std::string::npos);
  }

  TEST_CASE("access log: a client with an IPv6 address is in brackets, an unknown one is a dash") {
    const LogCapture capture;
    log_access(Sent("/a", &peer_v6).record());
    log_access(Sent("/b", nullptr).record());
    const std::vector<std::string> lines = capture.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].ends_with(" client=[2001:db8::1]:443"));
    CHECK(lines[1].ends_with(" client=-"));
  }

  TEST_CASE("access log: says that the client left") {
    const LogCapture capture;
    const Sent sent("/a");
    AccessRecord record = sent.record();
    record.client_left = true;
    log_access(record);
    CHECK(only_line(capture).starts_with("INFO request, client left method=PUT "));
  }

  TEST_CASE("access log: a path can't forge a line") {
    const LogCapture capture;
    const Sent sent("/a\r\nb \"c\"\x1b[2J");
    log_access(sent.record());
    CHECK(only_line(capture).find(R"( path="/a\r\nb \"c\"\u001b[2J" )") != std::string::npos);
  }

  TEST_CASE("access log: nothing at level warning") {
    const LogCapture capture({.level = LogLevel::Warning});
    log_access(Sent("/a").record());
    CHECK(capture.lines().empty());
  }

  ASYNC_TEST_CASE("handler error: the line has the error, the request and each awaiting function") {
    const LogCapture capture;
    const Sent sent("/items?x=1");
    const HandlerError error = co_await failed_handler(*sent.request);
    log_handler_error(error);
    const std::vector<std::string> lines = capture.lines();
    REQUIRE(lines.size() == 3);
    CHECK(LogCapture::after_time(lines[0]) ==
          "ERROR handler failed error=\"no stock\\nforged\" method=PUT target=\"/items?x=1\" request_id=" +
              std::string(sent.request->request_id()));
    const char* const functions[] = {"innermost", "outer"};
    for (std::size_t i = 0; i < 2; ++i) {
      CAPTURE(lines[i + 1]);
      CHECK(lines[i + 1].starts_with("  at "));
      CHECK(lines[i + 1].find(functions[i]) != std::string::npos);
      CHECK(lines[i + 1].find("access_log_test.cpp:") != std::string::npos);
    }
  }

  ASYNC_TEST_CASE("handler error: JSON has the stack as an array") {
    const LogCapture capture({.format = LogFormat::Json});
    const Sent sent("/items");
    const HandlerError error = co_await failed_handler(*sent.request);
    log_handler_error(error);
    const Json line = only_json(capture);
    CHECK(line["level"] == "error");
    CHECK(line["error"] == "no stock\nforged");
    CHECK(line["stack"].size() == 2);
  }

  TEST_CASE("exception logging: an error that nobody fetched is logged with its stack") {
    const LogCapture capture;
    const ExceptionLogging logging;
    const auto leave_failing_task = []() -> Async<void> {
      create_task(outer(), "stocktaking");
      co_await sleep(1s);
    };
    run(leave_failing_task(), {.virtual_time = true});
    const std::vector<std::string> lines = capture.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].find("ERROR") != std::string::npos);
    CHECK(lines[0].find("stocktaking") != std::string::npos);
    CHECK(lines[0].find("error=\"no stock\\nforged\"") != std::string::npos);
    CHECK(lines[1].find("innermost") != std::string::npos);
    CHECK(lines[2].find("outer") != std::string::npos);
  }

  TEST_CASE("warning logging: what the debug mode warns of is logged") {
    const LogCapture capture;
    install_warning_logging();
    call_warning_handler("executing task 'x' took 0.2 s");
    set_warning_handler({});
    CHECK(only_line(capture) == "WARNING executing task 'x' took 0.2 s");
  }

  TEST_CASE("blocked loop: the line has loop, thread, seconds, task, the functions and the coroutines") {
    BlockedLoop blocked;
    blocked.loop = 3;
    blocked.thread = 42;
    blocked.blocked = 1'234'567'890ns;
    blocked.task = "GET /";
    blocked.thread_stack = {{"nanosleep"}, {"spin()", "a.cpp", 7}};
    blocked.async_stack = {{"handler()", "b.cpp", 8}};
    {
      const LogCapture capture;
      log_blocked_loop(blocked);
      const std::vector<std::string> lines = capture.lines();
      REQUIRE(lines.size() == 4);
      CHECK(LogCapture::after_time(lines[0]) ==
            "WARNING event loop is blocked loop=3 thread=42 seconds=1.235 task=\"GET /\"");
      CHECK(lines[1] == "  at nanosleep");
      CHECK(lines[2] == "  at spin() (a.cpp:7)");
      CHECK(lines[3] == "  at handler() (b.cpp:8)");
    }
    const LogCapture capture({.format = LogFormat::Json});
    log_blocked_loop(blocked);
    const Json line = only_json(capture);
    CHECK(line["level"] == "warning");
    CHECK(line["message"] == "event loop is blocked");
    CHECK(line["loop"] == 3);
    CHECK(line["thread"] == 42);
    CHECK(line["task"] == "GET /");
    CHECK(line["stack"] == Json::array({"nanosleep", "spin() (a.cpp:7)", "handler() (b.cpp:8)"}));
  }

  TEST_CASE("blocked loop: a callback has no task") {
    const LogCapture capture;
    log_blocked_loop({.loop = 1, .thread = 2, .blocked = 250ms});
    CHECK(only_line(capture) == "WARNING event loop is blocked loop=1 thread=2 seconds=0.25 task=-");
  }
}
