// SPDX-License-Identifier: BSL-1.0
#include "observe/log_writer.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include <system_error>
#include <thread>

#include "support/log_capture.hpp"
#include "support/pipe.hpp"

using coroute::detail::LogWriter;
using coroute::detail::open_log;
using coroute::testing::Pipe;
using coroute::testing::TemporaryFile;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// Files of this process end at so many bytes meanwhile: a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, SIG_DFL);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_SUITE("observe") {
  TEST_CASE("log writer: appends to a file") {
    const TemporaryFile file;
    LogWriter(open_log(file.path())).write("one\n");
    LogWriter writer(open_log(file.path()));
    CHECK(writer.write("two\nthree\n") == 0);
    CHECK(file.lines() == std::vector<std::string>{"one", "two", "three"});
  }

  TEST_CASE("log writer: a file that can't be opened is named in the error") {
    CHECK_THROWS_WITH_AS(open_log("/nowhere/x.log"),
                         "cannot open the log file /nowhere/x.log: No such file or directory", std::system_error);
  }

  TEST_CASE("log writer: a full disk loses lines, and counts each with what belongs to it as one") {
    LogWriter writer(open_log("/dev/full"));
    CHECK(writer.write("one\n") == 1);
    CHECK(writer.write("one\n  at a\n  at b\ntwo\n") == 2);
  }

  TEST_CASE("log writer: without a descriptor everything is lost") {
    LogWriter writer(-1);
    CHECK(writer.write("one\ntwo\n") == 2);
  }

  TEST_CASE("log writer: after it was closed everything is lost") {
    const TemporaryFile file;
    LogWriter writer(open_log(file.path()));
    CHECK(writer.write("one\n") == 0);
    writer.close();
    CHECK(writer.write("two\n") == 1);
    CHECK(file.lines() == std::vector<std::string>{"one"});
  }

  TEST_CASE("log writer: a line that was torn doesn't spoil the next one") {
    const TemporaryFile file;
    LogWriter writer(open_log(file.path()));
    {
      const FileSizeLimit full(6);
      CHECK(writer.write("one\ntwo\nthree\n") == 2);
      CHECK(writer.write("four\n") == 1);
    }
    CHECK(writer.write("five\n") == 0);
    CHECK(file.lines() == std::vector<std::string>{"one", "tw", "five"});
  }

  TEST_CASE("log writer: a pipe without a reader loses lines and raises no signal") {
    Pipe pipe;
    LogWriter writer(dup(pipe.write_end()));
    CHECK(writer.write("one\n") == 0);
    pipe.close_read_end();
    CHECK(writer.write("two\n") == 1);
    sigset_t pending;
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGPIPE) == 0);
  }

  TEST_CASE("log writer: waits for a slow reader") {
    for (const int flags : {0, O_NONBLOCK}) {
      CAPTURE(flags);
      Pipe pipe;
      pipe.fill();
      fcntl(pipe.write_end(), F_SETFL, flags);
      std::string read;
      std::thread reader;
      std::uint64_t lost = 0;
      const std::string lines = std::string(10'000, 'a') + "\nlast\n";
      {
        LogWriter writer(dup(pipe.write_end()));
        pipe.close_write_end();
        reader = std::thread([&] { read = pipe.read_all(); });
        lost = writer.write(lines);
      }
      reader.join();
      CHECK(lost == 0);
      CHECK(read.ends_with("x" + lines));
    }
  }

  TEST_CASE("log writer: gives up at the time it was told to") {
    const Pipe pipe;
    pipe.fill();
    LogWriter writer(dup(pipe.write_end()));
    const auto began = steady_clock::now();
    CHECK_FALSE(writer.must_hurry());
    writer.give_up_at(began + 40ms);
    CHECK(writer.must_hurry());
    CHECK(writer.write("one\n") == 1);
    CHECK(steady_clock::now() - began >= 40ms);
    const auto late = steady_clock::now();
    writer.give_up_at(steady_clock::time_point::min());
    CHECK(writer.write("two\n") == 1);
    CHECK(steady_clock::now() - late < 1s);
  }
}
