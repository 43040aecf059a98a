// SPDX-License-Identifier: BSL-1.0
#include "coroute/observe/logging.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "coroute/json.hpp"
#include "support/log_capture.hpp"
#include "support/pipe.hpp"

using namespace coroute;
using coroute::testing::LogCapture;
using coroute::testing::Pipe;
using coroute::testing::TemporaryFile;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// What the process writes to stderr meanwhile goes to the file.
class StderrRedirected {
 public:
  explicit StderrRedirected(const std::string& path) : before_(dup(STDERR_FILENO)) {
    const int fd = open(path.c_str(), O_WRONLY | O_APPEND);
    dup2(fd, STDERR_FILENO);
    close(fd);
  }
  ~StderrRedirected() {
    dup2(before_, STDERR_FILENO);
    close(before_);
  }
  StderrRedirected(const StderrRedirected&) = delete;
  StderrRedirected& operator=(const StderrRedirected&) = delete;

 private:
  int before_;
};

std::vector<std::string> messages(const std::vector<std::string>& lines) {
  std::vector<std::string> texts;
  for (const std::string& line : lines)
    texts.push_back(LogCapture::after_time(line));
  return texts;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Of the thread of that name in this process, in hexadecimal; a new thread needs a moment to have its name.
std::string blocked_signals_of(const std::string& thread_name, std::chrono::milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (steady_clock::now() < deadline) {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      if (first_line(thread.path() / "comm") != thread_name) continue;
      std::ifstream status(thread.path() / "status");
      for (std::string line; std::getline(status, line);) {
        if (line.starts_with("SigBlk:\t")) return line.substr(8);
      }
    }
  }
  return {};
}

/// "log lines dropped lines=7 total=9" -> 7
std::uint64_t reported(const std::string& line) {
  const std::size_t at = line.find(" lines=");
  return at == std::string::npos ? 0 : std::stoull(line.substr(at + 7));
}

}  // namespace

TEST_SUITE("observe") {
  TEST_CASE("log level: parses its own names in any case") {
    for (int i = 0; i <= static_cast<int>(LogLevel::Off); ++i) {
      const auto level = static_cast<LogLevel>(i);
      CHECK(parse_log_level(to_string(level)) == level);
    }
    CHECK(parse_log_level("WARNING") == LogLevel::Warning);
    CHECK(parse_log_level("Warn") == LogLevel::Warning);
    CHECK_FALSE(parse_log_level(""));
    CHECK_FALSE(parse_log_level("inf"));
    CHECK_FALSE(parse_log_level("info "));
    CHECK(parse_log_format("JSON") == LogFormat::Json);
    CHECK(parse_log_format(to_string(LogFormat::Text)) == LogFormat::Text);
    CHECK_FALSE(parse_log_format("xml"));
  }

  TEST_CASE("log: lines arrive in order with level and fields") {
    const LogCapture capture;
    log_info("one", {{"n", 1}});
    log_warning("two");
    log_error("three", {{"what", std::string("a b")}});
    log(LogLevel::Critical, "four");
    CHECK(messages(capture.lines()) ==
          std::vector<std::string>{"INFO one n=1", "WARNING two", "ERROR three what=\"a b\"", "CRITICAL four"});
  }

  TEST_CASE("log: the time is now") {
    const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const LogCapture capture;
    log_info("x");
    const std::vector<std::string> lines = capture.lines();
    REQUIRE(lines.size() == 1);
    std::tm parsed{};
    const char* const end = strptime(lines[0].c_str(), "%Y-%m-%dT%H:%M:%S", &parsed);
    REQUIRE(end != nullptr);
    CHECK(std::string_view(end).substr(0, 1) == ".");
    CHECK(std::string_view(end).substr(4, 2) == "Z ");
    const auto time = std::chrono::system_clock::from_time_t(timegm(&parsed));
    CHECK(time >= before);
    CHECK(time <= std::chrono::system_clock::now());
  }

  TEST_CASE("log: JSON lines parse") {
    const LogCapture capture({.format = LogFormat::Json});
    log_info("one\ntwo", {{"path", "/\"x\""}, {"status", 200}});
    const std::vector<std::string> lines = capture.lines();
    REQUIRE(lines.size() == 1);
    const Json line = parse_json(lines[0]);
    CHECK(line["level"] == "info");
    CHECK(line["message"] == "one\ntwo");
    CHECK(line["path"] == "/\"x\"");
    CHECK(line["status"] == 200);
    CHECK(line["time"].get<std::string>().size() == 24);
  }

  TEST_CASE("log: what is below the level is not written") {
    for (const LogLevel level : {LogLevel::Trace, LogLevel::Warning, LogLevel::Off}) {
      CAPTURE(to_string(level));
      const LogCapture capture({.level = level});
      for (int i = 0; i < static_cast<int>(LogLevel::Off); ++i) {
        const auto each = static_cast<LogLevel>(i);
        CHECK(log_enabled(each) == (each >= level));
        log(each, "x");
      }
      CHECK_FALSE(log_enabled(LogLevel::Off));
      log(LogLevel::Off, "never");
      CHECK(capture.lines().size() == static_cast<std::size_t>(LogLevel::Off) - static_cast<std::size_t>(level));
    }
  }

  TEST_CASE("log: without a configuration, warnings go to stderr as text") {
    const TemporaryFile file;
    {
      const StderrRedirected redirected(file.path());
      CHECK_FALSE(log_enabled(LogLevel::Info));
      log_info("not shown");
      log_warning("shown", {{"k", "v"}});
    }
    CHECK(messages(file.lines()) == std::vector<std::string>{"WARNING shown k=v"});
  }

  TEST_CASE("log: without a file, lines go to stderr") {
    const TemporaryFile file;
    {
      const StderrRedirected redirected(file.path());
      configure_logging({});
      log_info("shown");
      shutdown_logging();
    }
    CHECK(messages(file.lines()) == std::vector<std::string>{"INFO shown"});
  }

  TEST_CASE("configure_logging: replaces what was configured, losing nothing") {
    const TemporaryFile first;
    const LogCapture capture({.file = first.path()});
    const TemporaryFile second;
    log_info("one");
    configure_logging({.level = LogLevel::Warning, .file = second.path()});
    log_info("hidden");
    log_warning("two");
    shutdown_logging();
    CHECK(messages(first.lines()) == std::vector<std::string>{"INFO one"});
    CHECK(messages(second.lines()) == std::vector<std::string>{"WARNING two"});
  }

  TEST_CASE("configure_logging: a bad configuration changes nothing") {
    const LogCapture capture;
    CHECK_THROWS_AS(configure_logging({.file = "/nowhere/x.log"}), std::system_error);
    CHECK_THROWS_AS(configure_logging({.queue_lines = 0}), std::invalid_argument);
    log_info("still here");
    CHECK(messages(capture.lines()) == std::vector<std::string>{"INFO still here"});
  }

  TEST_CASE("shutdown_logging: does nothing the second time") {
    const LogCapture capture;
    log_info("one");
    shutdown_logging();
    shutdown_logging();
    CHECK_FALSE(log_enabled(LogLevel::Info));
    CHECK(capture.lines().size() == 1);
  }

  TEST_CASE("log: many threads lose and mix nothing while the queue has room") {
    constexpr int threads = 4;
    constexpr int lines_each = 500;
    const std::uint64_t dropped = dropped_log_lines();
    const LogCapture capture({.queue_lines = threads * lines_each});
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([t] {
        for (int i = 0; i < lines_each; ++i)
          log_info("line", {{"thread", t}, {"i", i}});
      });
    }
    for (std::thread& writer : writers)
      writer.join();
    std::vector<int> next(threads, 0);
    const std::vector<std::string> lines = messages(capture.lines());
    CHECK(lines.size() == threads * lines_each);
    for (const std::string& line : lines) {
      int thread = -1;
      int i = -1;
      REQUIRE(std::sscanf(line.c_str(), "INFO line thread=%d i=%d", &thread, &i) == 2);
      REQUIRE(i == next[static_cast<std::size_t>(thread)]++);
    }
    CHECK(dropped_log_lines() == dropped);
  }

  TEST_CASE("log: a full queue drops the oldest lines, counts them, says so, and never blocks") {
    constexpr int count = 400;
    const std::string filler(4000, 'a');
    const std::uint64_t dropped_before = dropped_log_lines();
    Pipe pipe;
    pipe.fill();
    const LogCapture capture({.file = pipe.path(), .queue_lines = 8});
    const auto began = steady_clock::now();
    for (int i = 0; i < count; ++i)
      log_info(filler, {{"i", i}});
    CHECK(steady_clock::now() - began < 2s);
    CHECK(dropped_log_lines() - dropped_before >= count - 100);

    pipe.close_write_end();
    std::string text;
    std::thread reader([&] { text = pipe.read_all(); });
    shutdown_logging();
    reader.join();
    const std::uint64_t dropped = dropped_log_lines() - dropped_before;
    CHECK(text.find(" i=" + std::to_string(count - 1) + "\n") != std::string::npos);
    std::uint64_t written = 0;
    for (std::size_t at = text.find(" i="); at != std::string::npos; at = text.find(" i=", at + 1))
      ++written;
    CHECK(written + dropped == count);
    std::uint64_t said = 0;
    for (std::size_t at = text.find("log lines dropped"); at != std::string::npos;
         at = text.find("log lines dropped", at + 1)) {
      said += reported(text.substr(at, 80));
    }
    CHECK(said == dropped);
  }

  TEST_CASE("log: a full disk drops and counts") {
    const std::uint64_t before = dropped_log_lines();
    const LogCapture capture({.file = "/dev/full"});
    log_info("one");
    log_error("two");
    shutdown_logging();
    CHECK(dropped_log_lines() - before == 2);
  }

  TEST_CASE("log: a pipe whose reader has gone drops and counts, and the process lives") {
    const std::uint64_t before = dropped_log_lines();
    Pipe pipe;
    const LogCapture capture({.file = pipe.path()});
    pipe.close_read_end();
    log_info("one");
    shutdown_logging();
    CHECK(dropped_log_lines() - before == 1);
  }

  TEST_CASE("log: what was dropped before is not said again by the next configuration") {
    {
      const LogCapture full({.file = "/dev/full"});
      log_info("lost");
    }
    const LogCapture capture;
    log_info("one");
    CHECK(messages(capture.lines()) == std::vector<std::string>{"INFO one"});
  }

  TEST_CASE("shutdown_logging: ends in time though nobody reads") {
    const std::uint64_t before = dropped_log_lines();
    const Pipe pipe;
    pipe.fill();
    const LogCapture capture({.file = pipe.path(), .flush_limit = 30ms});
    for (int i = 0; i < 10; ++i)
      log_info("x");
    const auto began = steady_clock::now();
    shutdown_logging();
    CHECK(steady_clock::now() - began < 1s);
    CHECK(dropped_log_lines() - before == 10);
  }

  TEST_CASE("log: threads may log while the configuration changes") {
    const TemporaryFile file;
    const LogCapture capture;
    std::atomic<bool> done{false};
    std::atomic<int> logged{0};
    std::vector<std::thread> writers;
    for (int t = 0; t < 2; ++t) {
      writers.emplace_back([&] {
        while (!done) {
          log_info("x");
          ++logged;
          std::this_thread::sleep_for(20us);
        }
      });
    }
    for (int i = 0; i < 20; ++i)
      configure_logging({.file = file.path(), .queue_lines = 16});
    while (logged < 100)
      std::this_thread::yield();
    done = true;
    for (std::thread& writer : writers)
      writer.join();
    shutdown_logging();
    for (const std::string& line : messages(file.lines())) {
      const bool is_whole = line == "INFO x" || line.starts_with("WARNING log lines dropped lines=");
      CHECK_MESSAGE(is_whole, line);
    }
  }

  TEST_CASE("configure_logging: the log's thread takes no signals") {
    const LogCapture capture;
    CHECK(blocked_signals_of("coroute-log", 2s) ==
          "fffffffe7fbbfeff");  // all but SIGKILL, SIGSTOP, SIGURG and the C library's own
    sigset_t own;
    pthread_sigmask(SIG_SETMASK, nullptr, &own);
    CHECK(sigismember(&own, SIGTERM) == 0);
  }
}
