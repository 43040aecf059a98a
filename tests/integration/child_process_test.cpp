// SPDX-License-Identifier: BSL-1.0
#include "asyncio/child_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "asyncio/child_spawn.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/subprocess.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/child_processes.hpp"
#include "support/io_outcome.hpp"
#include "support/open_descriptors.hpp"
#include "support/outcome.hpp"
#include "support/pipe.hpp"
#include "support/real_time_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::open_descriptors;
using coroute::testing::code_of;
using coroute::testing::eventually;
using coroute::testing::is_gone;
using coroute::testing::is_lost;
using coroute::testing::outcome_of;
using coroute::testing::output_of_shell;
using coroute::testing::Pipe;
using coroute::testing::piped;
using coroute::testing::start_blocked;
using coroute::testing::TemporaryFolder;
using coroute::testing::with_output;

TEST_SUITE_BEGIN("asyncio");

// --- what the child gets ---

LOOP_TEST_CASE("subprocess: words may be strings, views and paths (test_create_subprocess_exec_with_path)") {
  const std::filesystem::path program = "/bin/sh";
  const std::string text = "exit 3";
  Process process = co_await create_subprocess_exec(program, std::string_view("-c"), text);
  const int code = co_await process.wait();
  CHECK(code == 3);
  std::vector<std::string> words{"/bin/sh", "-c", "exit 4"};
  Process other = co_await create_subprocess_exec(words);
  const int other_code = co_await other.wait();
  CHECK(other_code == 4);
}

LOOP_TEST_CASE(
    "subprocess: the environment is what is given (test_create_subprocess_env_shell, "
    "test_create_subprocess_env_exec)") {
  std::string text = co_await output_of_shell("printf %s \"$FOO\"", SubprocessOptions().set_env("FOO", "bar"));
  CHECK(text == "bar");
  const auto only_foo = with_output().env({{"FOO", "baz"}});
  Process process = co_await create_subprocess_exec("/bin/sh", "-c", "printf '%s %s' \"$FOO\" \"$HOME\"", only_foo);
  const ProcessOutput output = co_await process.communicate();
  CHECK(output.std_out == "baz ");
  Task<int> late = create_task(process.wait());
  co_await sleep(0s);
  CHECK(late.done());
}

LOOP_TEST_CASE("subprocess: one variable more leaves the others, and replaces its own") {
  const auto options = SubprocessOptions().set_env("FOO", "1").set_env("FOO", "2");
  const std::string text = co_await output_of_shell("printf '%s %s' \"$FOO\" \"$PATH\"", options);
  CHECK(text == std::string("2 ") + getenv("PATH"));
  const std::string count = co_await output_of_shell("env | grep -c ^FOO=", options);
  CHECK(count == "1\n");
}

LOOP_TEST_CASE("subprocess: a program is looked for in the PATH that the child gets") {
  const TemporaryFolder folder;
  std::ofstream(folder / "hello") << "#!/bin/sh\necho hello from $0\n";
  std::filesystem::permissions(folder / "hello", std::filesystem::perms::owner_all);
  const std::string path = std::filesystem::path(folder / "hello").parent_path();
  const auto options = with_output().env({{"PATH", "/nonexistent::" + path}});
  Process process = co_await create_subprocess_exec("hello", options);
  const ProcessOutput output = co_await process.communicate();
  CHECK(output.std_out == "hello from " + (folder / "hello") + "\n");
}

LOOP_TEST_CASE("subprocess: begins in the folder given") {
  const TemporaryFolder folder;
  const std::string path = std::filesystem::path(folder / "x").parent_path();
  const std::string text = co_await output_of_shell("pwd -P", SubprocessOptions().cwd(path));
  CHECK(text == std::filesystem::canonical(path).string() + "\n");
}

LOOP_TEST_CASE("subprocess: gets no descriptors but those passed on purpose") {
  Pipe leaky;
  const int inheritable = fcntl(leaky.write_end(), F_DUPFD, 50);
  const int passed = fcntl(leaky.write_end(), F_DUPFD_CLOEXEC, 60);
  const std::string command = "for fd in /proc/self/fd/*; do echo ${fd##*/}; done";
  const std::string none = co_await output_of_shell(command);
  CHECK(none.find(std::to_string(inheritable)) == none.npos);
  Process process = co_await create_subprocess_shell("echo passed >/proc/self/fd/" + std::to_string(passed),
                                                     SubprocessOptions().pass_descriptor(passed));
  const int code = co_await process.wait();
  CHECK(code == 0);
  const std::string some = co_await output_of_shell(command, SubprocessOptions().pass_descriptor(passed));
  CHECK(some.find(std::to_string(passed)) != some.npos);
  CHECK(some.find(std::to_string(inheritable)) == some.npos);
  CHECK((fcntl(passed, F_GETFD) & FD_CLOEXEC) != 0);
  close(inheritable);
  close(passed);
  leaky.close_write_end();
  CHECK(leaky.read_all() == "passed\n");
}

LOOP_TEST_CASE("subprocess: has no signals blocked, and SIGPIPE at its default (test_send_signal)") {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);
  const std::string text = co_await output_of_shell("grep -E 'Sig(Blk|Ign)' /proc/self/status");
  std::signal(SIGPIPE, old_handler);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(text.find("SigBlk:\t0000000000000000") != text.npos);
  const std::size_t ignored = text.find("SigIgn:\t");
  REQUIRE(ignored != text.npos);
  const unsigned long mask = std::stoul(text.substr(ignored + 8, 16), nullptr, 16);
  CHECK((mask & (1UL << (SIGPIPE - 1))) == 0);
}

// --- loops and watching ---

TEST_CASE("subprocess: works on a loop of any thread (test_create_subprocess_with_pidfd)") {
  std::vector<std::string> results(3);
  std::vector<std::thread> threads;
  for (std::string& result : results) {
    threads.emplace_back([&result] {
      auto body = []() -> Async<std::string> {
        Process process = co_await create_subprocess_exec("cat", piped());
        const ProcessOutput output = co_await process.communicate("some data");
        co_return output.std_out + std::to_string(*process.returncode());
      };
      result = run(body());
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(results == std::vector<std::string>(3, "some data0"));
}

TEST_CASE("subprocess: a child that its loop leaves behind is killed with its Process and reaped") {
  std::optional<Process> process;
  auto body = [&]() -> Async<void> { process = co_await start_blocked(piped()); };
  run(body());
  const pid_t pid = process->pid();
  CHECK_FALSE(is_gone(pid));
  process.reset();
  auto wait = [&]() -> Async<void> { co_await eventually([&] { return is_gone(pid); }); };
  run(coroute::testing::within_a_minute(wait()));
}

TEST_CASE("subprocess: a child killed in the last step of its loop is reaped too") {
  pid_t pid = 0;
  auto body = [&]() -> Async<void> {
    Process process = co_await start_blocked();
    pid = process.pid();
  };
  run(body());
  auto wait = [&]() -> Async<void> { co_await eventually([&] { return is_gone(pid); }); };
  run(coroute::testing::within_a_minute(wait()));
}

LOOP_TEST_CASE("subprocess: where there is no pidfd a thread watches (ThreadedChildWatcher)") {
  for (const int expected : {0, 9}) {
    std::vector<std::string> words{"/bin/sh", "-c", "exit " + std::to_string(expected)};
    const detail::SpawnedChild spawned = detail::spawn_child(words, {});
    const auto child = detail::ChildProcess::watch(EventLoop::current(), spawned.pid, detail::ChildWatch::Thread);
    while (!child->returncode())
      co_await child->ended().wait("test");
    CHECK(child->returncode() == expected);
    CHECK(is_gone(spawned.pid));
  }
}

TEST_CASE("subprocess: the watching thread reaps what its loop has left behind (ThreadedChildWatcher)") {
  pid_t pid = 0;
  auto body = [&]() -> Async<void> {
    const std::vector<std::string> words{"sleep", "3600"};
    const detail::SpawnedChild spawned = detail::spawn_child(words, {});
    pid = spawned.pid;
    detail::ChildProcess::watch(EventLoop::current(), pid, detail::ChildWatch::Thread)->abandon();
    co_return;
  };
  run(body());
  auto wait = [&]() -> Async<void> { co_await eventually([&] { return is_gone(pid); }); };
  run(coroute::testing::within_a_minute(wait()));
}

LOOP_TEST_CASE("subprocess: a status that somebody else took is reported as 255") {
  Process process = co_await create_subprocess_shell("exit 3");
  REQUIRE(waitpid(process.pid(), nullptr, 0) == process.pid());
  const int code = co_await process.wait();
  CHECK(code == 255);
}

LOOP_TEST_CASE("subprocess: starting and ending many leaves no descriptor behind") {
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    Process process = co_await create_subprocess_exec("cat", piped().std_err(Stdio::Pipe));
    co_await process.communicate("x");
  }
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(open_descriptors() == before);
}

TEST_SUITE_END();
