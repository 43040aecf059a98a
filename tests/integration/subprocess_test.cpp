// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/subprocess.hpp"

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

#include "asyncio/child_process.hpp"
#include "asyncio/child_spawn.hpp"
#include "coroute/asyncio/gather.hpp"
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

namespace {

/// More than a pipe holds.
const std::string much(300'000, 'x');

}  // namespace

TEST_SUITE_BEGIN("asyncio");

// --- streams ---

LOOP_TEST_CASE("subprocess: stdin and stdout are streams (test_stdin_stdout)") {
  Process process = co_await create_subprocess_exec("cat", piped());
  process.std_in().write("some data");
  co_await process.std_in().drain();
  process.std_in().close();
  const std::string text = co_await process.std_out().read();
  CHECK(text == "some data");
  const int code = co_await process.wait();
  CHECK(code == 0);
  CHECK(process.returncode() == 0);
}

LOOP_TEST_CASE("subprocess: communicate feeds, reads and waits (test_communicate)") {
  Process process = co_await create_subprocess_exec("cat", piped());
  const ProcessOutput output = co_await process.communicate("some data");
  CHECK(output.std_out == "some data");
  CHECK(process.returncode() == 0);
}

LOOP_TEST_CASE("subprocess: communicate moves more than the pipes hold, both ways at once") {
  Process process = co_await create_subprocess_shell("tee /dev/stderr", piped().std_err(Stdio::Pipe));
  const std::string text(5'000'000, 'y');
  const ProcessOutput output = co_await process.communicate(text);
  CHECK(output.std_out == text);
  CHECK(output.std_err == text);
}

LOOP_TEST_CASE("subprocess: without input communicate closes stdin (test_communicate_none_input)") {
  Process process = co_await create_subprocess_exec("cat", piped());
  const ProcessOutput output = co_await process.communicate();
  CHECK(output.std_out.empty());
  CHECK(process.returncode() == 0);
}

LOOP_TEST_CASE(
    "subprocess: a child that leaves its stdin unread breaks the pipe of who writes (test_stdin_broken_pipe)") {
  Process process = co_await create_subprocess_shell("read line", SubprocessOptions().std_in(Stdio::Pipe));
  process.std_in().write(much);
  Task<std::error_code> drain = create_task(code_of(process.std_in().drain()));
  co_await sleep(0s);
  process.std_in().write("\n");
  process.kill();
  const std::error_code code = co_await drain;
  CHECK(is_lost(code));
  co_await process.wait();
  const std::error_code later = co_await code_of(process.std_in().drain());
  CHECK(is_lost(later));
}

LOOP_TEST_CASE(
    "subprocess: communicate doesn't mind a child that reads nothing (test_communicate_ignore_broken_pipe)") {
  Process process = co_await create_subprocess_exec("true", SubprocessOptions().std_in(Stdio::Pipe));
  co_await process.communicate(much);
  CHECK(process.returncode() == 0);
}

LOOP_TEST_CASE("subprocess: writing to a child that has gone raises no signal, whoever handles it") {
  Process process = co_await create_subprocess_exec("true", SubprocessOptions().std_in(Stdio::Pipe));
  co_await process.wait();
  process.std_in().write("x");
  const std::error_code code = co_await code_of(process.std_in().drain());
  CHECK(is_lost(code));
  sigset_t pending;
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
}

LOOP_TEST_CASE("subprocess: more output than the limit is read all the same (test_pause_reading)") {
  Process process = co_await create_subprocess_shell("printf xxxxxxxxxxxxxxxxxxxxx", with_output().limit(10));
  co_await process.wait();
  co_await eventually([&] { return process.std_out().buffered().size() == 21; });
  const ProcessOutput output = co_await process.communicate();
  CHECK(output.std_out == std::string(21, 'x'));
  Process writer = co_await create_subprocess_exec("cat", piped().limit(1));
  const ProcessOutput echoed = co_await writer.communicate(much);
  CHECK(echoed.std_out == much);
}

LOOP_TEST_CASE("subprocess: a child sees the end of its stdin although others run (test_stdin_not_inheritable)") {
  Process other = co_await start_blocked(piped());
  Process process = co_await create_subprocess_exec("wc", "-c", piped().std_err(Stdio::Pipe));
  Process younger = co_await start_blocked(piped());
  const ProcessOutput output = co_await process.communicate("abc");
  CHECK(output.std_out == "3\n");
  CHECK(process.returncode() == 0);
}

LOOP_TEST_CASE("subprocess: empty input is input (test_empty_input)") {
  Process process = co_await create_subprocess_exec("wc", "-c", piped().std_err(Stdio::Pipe));
  const ProcessOutput output = co_await process.communicate("");
  CHECK(output.std_out == "0\n");
  CHECK(output.std_err.empty());
}

LOOP_TEST_CASE("subprocess: stdin from /dev/null (test_devnull_input)") {
  Process process = co_await create_subprocess_exec("wc", "-c", with_output().std_in(Stdio::DevNull));
  const ProcessOutput output = co_await process.communicate();
  CHECK(output.std_out == "0\n");
}

LOOP_TEST_CASE("subprocess: output to /dev/null (test_devnull_output, test_devnull_error)") {
  const std::string command = "echo out; echo err >&2";
  Process quiet =
      co_await create_subprocess_shell(command, SubprocessOptions().std_out(Stdio::DevNull).std_err(Stdio::Pipe));
  ProcessOutput output = co_await quiet.communicate();
  CHECK(output.std_out.empty());
  CHECK(output.std_err == "err\n");
  Process unerring = co_await create_subprocess_shell(command, with_output().std_err(Stdio::DevNull));
  output = co_await unerring.communicate();
  CHECK(output.std_out == "out\n");
  CHECK(output.std_err.empty());
}

LOOP_TEST_CASE("subprocess: the child may open /dev/stdin (test_devstdin_input)") {
  Process process = co_await create_subprocess_shell("wc -c < /dev/stdin", piped());
  const ProcessOutput output = co_await process.communicate("abc");
  CHECK(output.std_out == "3\n");
}

LOOP_TEST_CASE("subprocess: stderr may go where stdout goes") {
  Process process = co_await create_subprocess_shell("echo out; echo err >&2", with_output().std_err(Stdio::Stdout));
  const ProcessOutput output = co_await process.communicate();
  CHECK(output.std_out == "out\nerr\n");
  CHECK_THROWS_AS(SubprocessOptions().std_in(Stdio::Stdout), std::invalid_argument);
  CHECK_THROWS_AS(SubprocessOptions().std_out(Stdio::Stdout), std::invalid_argument);
}

LOOP_TEST_CASE("subprocess: streams may be descriptors of this process, which keeps them") {
  Pipe out;
  Pipe err;
  Process process = co_await create_subprocess_shell(
      "echo out; echo err >&2",
      SubprocessOptions().std_out(Stdio::descriptor(out.write_end())).std_err(Stdio::descriptor(err.write_end())));
  co_await process.wait();
  CHECK(fcntl(out.write_end(), F_GETFD) == FD_CLOEXEC);
  out.close_write_end();
  err.close_write_end();
  CHECK(out.read_all() == "out\n");
  CHECK(err.read_all() == "err\n");
  const std::error_code code =
      co_await code_of(create_subprocess_exec("true", SubprocessOptions().std_out(Stdio::descriptor(987'654))));
  CHECK(code == std::errc::bad_file_descriptor);
}

LOOP_TEST_CASE("subprocess: standard descriptors may change places") {
  // What the shell runs swaps the two that it was given, as a parent would with its own 1 and 2.
  Pipe out;
  const int saved = dup(STDOUT_FILENO);
  dup2(out.write_end(), STDOUT_FILENO);
  Process process = co_await create_subprocess_shell(
      "echo err >&2",
      SubprocessOptions().std_out(Stdio::descriptor(STDERR_FILENO)).std_err(Stdio::descriptor(STDOUT_FILENO)));
  dup2(saved, STDOUT_FILENO);
  close(saved);
  co_await process.wait();
  out.close_write_end();
  CHECK(out.read_all() == "err\n");
}

LOOP_TEST_CASE("subprocess: streams that are no pipes are not there") {
  Process process = co_await create_subprocess_exec("true");
  CHECK_THROWS_WITH_AS(process.std_in(), "std_in of this process is not a pipe", RuntimeError);
  CHECK_THROWS_AS(process.std_out(), RuntimeError);
  CHECK_THROWS_AS(process.std_err(), RuntimeError);
  const std::string outcome = co_await outcome_of(process.communicate("x"));
  CHECK(outcome == "error: communicate: there is input, but std_in is not a pipe");
  co_await process.wait();
}

LOOP_TEST_CASE("subprocess: output may be read long after the end (test_read_stdout_after_process_exit)") {
  Process process = co_await create_subprocess_shell("head -c 60000 /dev/zero; exit 1", with_output());
  const int code = co_await process.wait();
  CHECK(code == 1);
  std::size_t size = 0;
  while (!process.std_out().at_eof()) {
    const std::string text = co_await process.std_out().read(4096);
    size += text.size();
  }
  CHECK(size == 60'000);
}

LOOP_TEST_CASE("subprocess: many at once, each with its own output (test_subprocess_communicate_stdout)") {
  std::vector<Async<std::string>> outputs;
  for (int i = 0; i < 20; ++i)
    outputs.push_back(output_of_shell("echo foo" + std::to_string(i)));
  const std::vector<std::string> results = co_await gather(outputs);
  for (std::size_t i = 0; i < results.size(); ++i)
    CHECK(results[i] == "foo" + std::to_string(i) + "\n");
}

LOOP_TEST_CASE("subprocess: output and error and the end are all seen (test_subprocess_protocol_events)") {
  Process process =
      co_await create_subprocess_shell("printf stdout; printf stderr >&2; exit 3", with_output().std_err(Stdio::Pipe));
  auto results = co_await gather(process.std_out().read(), process.std_err().read(), process.wait());
  CHECK(std::get<0>(results) == "stdout");
  CHECK(std::get<1>(results) == "stderr");
  CHECK(std::get<2>(results) == 3);
}

// --- ends ---

LOOP_TEST_CASE("subprocess: a shell's exit status is the return code (test_shell)") {
  Process process = co_await create_subprocess_shell("exit 7");
  const int code = co_await process.wait();
  CHECK(code == 7);
}

LOOP_TEST_CASE("subprocess: a new session has no relation to this one (test_start_new_session)") {
  Process process = co_await create_subprocess_shell("exit 8", SubprocessOptions().new_session());
  const int code = co_await process.wait();
  CHECK(code == 8);
  Process running = co_await start_blocked(SubprocessOptions().new_session());
  CHECK(getsid(running.pid()) == running.pid());
}

LOOP_TEST_CASE("subprocess: a new process group is led by the child") {
  Process own = co_await start_blocked(SubprocessOptions().new_process_group());
  CHECK(getpgid(own.pid()) == own.pid());
  Process shared = co_await start_blocked();
  CHECK(getpgid(shared.pid()) == getpgrp());
}

LOOP_TEST_CASE("subprocess: a signal that ends it is the negative return code (test_kill, test_terminate)") {
  Process killed = co_await start_blocked();
  CHECK_FALSE(killed.returncode().has_value());
  killed.kill();
  int code = co_await killed.wait();
  CHECK(code == -SIGKILL);
  Process terminated = co_await start_blocked();
  terminated.terminate();
  code = co_await terminated.wait();
  CHECK(code == -SIGTERM);
}

LOOP_TEST_CASE("subprocess: a killed shell has ended although its child has the pipe (test_kill_issue43884)") {
  Process process = co_await create_subprocess_shell("sleep 3; sleep 3", with_output());
  co_await sleep(10ms);
  process.kill();
  const int code = co_await process.wait();
  CHECK(code == -SIGKILL);
}

LOOP_TEST_CASE("subprocess: any signal may be sent (test_send_signal)") {
  Process process = co_await create_subprocess_shell("echo sleeping; exec sleep 3600", with_output());
  const std::string line = co_await process.std_out().readline();
  CHECK(line == "sleeping\n");
  process.send_signal(SIGHUP);
  const int code = co_await process.wait();
  CHECK(code == -SIGHUP);
}

LOOP_TEST_CASE("subprocess: who has ended takes no signal (test_proc_exited)") {
  Process process = co_await create_subprocess_shell("exit 6");
  co_await process.wait();
  CHECK(process.returncode() == 6);
  CHECK(is_gone(process.pid()));
  for (int i = 0; i < 3; ++i) {
    std::error_code code;
    try {
      if (i == 0) process.send_signal(SIGTERM);
      if (i == 1) process.terminate();
      if (i == 2) process.kill();
    } catch (const std::system_error& error) {
      code = error.code();
    }
    CHECK(code == std::errc::no_such_process);
  }
}

LOOP_TEST_CASE("subprocess: a wait that is cancelled leaves the child alone (test_cancel_process_wait)") {
  Process process = co_await start_blocked();
  Task<int> task = create_task(process.wait());
  co_await sleep(0s);
  CHECK(std::string(task.state().waiting()->describe()) == "Process.wait");
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(task.cancel());
  CHECK_FALSE(is_gone(process.pid()));
  process.kill();
  const int code = co_await process.wait();
  CHECK(code == -SIGKILL);
}

LOOP_TEST_CASE("subprocess: any number of tasks may wait, before and after the end (test_subprocess_concurrent_wait)") {
  Process process = co_await create_subprocess_exec("cat", piped());
  std::vector<Task<int>> early;
  for (int i = 0; i < 10; ++i)
    early.push_back(create_task(process.wait()));
  const ProcessOutput output = co_await process.communicate("some data");
  CHECK(output.std_out == "some data");
  for (const Task<int>& task : early) {
    const int code = co_await task;
    CHECK(code == 0);
  }
  std::vector<Async<int>> late;
  for (int i = 0; i < 10; ++i)
    late.push_back(process.wait());
  const std::vector<int> codes = co_await gather(late);
  CHECK(codes == std::vector<int>(10, 0));
}

LOOP_TEST_CASE("subprocess: communicate that is cancelled may be repeated, no output is lost") {
  Process process = co_await create_subprocess_shell("echo one; read line; echo two", piped());
  auto read_only = [&]() -> Async<std::string> { co_return co_await process.std_out().read(); };
  Task<std::string> task = create_task(read_only());
  co_await eventually([&] { return process.std_out().buffered() == "one\n"; });
  task.cancel();
  co_await outcome_of(task);
  const ProcessOutput output = co_await process.communicate("go\n");
  CHECK(output.std_out == "one\ntwo\n");
}

// --- what goes wrong ---

LOOP_TEST_CASE("subprocess: cancelled before it is started, it is not (test_cancel_make_subprocess_transport_exec)") {
  Task<Process> before = create_task(start_blocked());
  before.cancel();
  const std::string outcome = co_await outcome_of(before);
  CHECK(outcome == "Cancelled(user)");
}

LOOP_TEST_CASE("subprocess: a Process that nobody takes is killed (test_cancel_post_init)") {
  pid_t pid = 0;
  {
    Task<Process> task = create_task(start_blocked());
    co_await sleep(0s);
    task.cancel();  // too late: it has started, the result is there
    Process process = co_await task;
    pid = process.pid();
    CHECK_FALSE(is_gone(pid));
  }
  co_await eventually([&] { return is_gone(pid); });
}

LOOP_TEST_CASE("subprocess: a Process that is dropped kills its child and leaves no zombie (test_close_kill_running)") {
  std::optional<Process> process = co_await start_blocked(piped());
  const pid_t pid = process->pid();
  Task<int> waiting = create_task(process->wait());
  co_await sleep(0s);
  process.reset();
  const int code = co_await waiting;
  CHECK(code == -SIGKILL);
  CHECK(is_gone(pid));
}

LOOP_TEST_CASE("subprocess: a child that has ended is not killed when dropped (test_close_dont_kill_finished)") {
  std::optional<Process> process = co_await create_subprocess_shell("exit 5");
  Task<int> waiting = create_task(process->wait());
  co_await sleep(0s);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(process->pid()), &info, WEXITED | WNOWAIT) ==
          0);  // the loop doesn't know yet
  process.reset();
  const int code = co_await waiting;
  CHECK(code == 5);
}

LOOP_TEST_CASE("subprocess: assigning over a Process kills the old child") {
  Process process = co_await start_blocked();
  const pid_t old = process.pid();
  process = co_await start_blocked();
  co_await eventually([&] { return is_gone(old); });
  CHECK_FALSE(is_gone(process.pid()));
  Process moved = std::move(process);
  moved.kill();
  const int code = co_await moved.wait();
  CHECK(code == -SIGKILL);
}

LOOP_TEST_CASE("subprocess: a program that can't be started is an error with its errno (test_popen_error)") {
  const std::size_t before = open_descriptors();
  for (const auto& options : {SubprocessOptions(), piped().std_err(Stdio::Pipe)}) {
    std::error_code code = co_await code_of(create_subprocess_exec("/nonexistent/program", options));
    CHECK(code == std::errc::no_such_file_or_directory);
    code = co_await code_of(create_subprocess_exec("no-such-program-anywhere", options));
    CHECK(code == std::errc::no_such_file_or_directory);
    code = co_await code_of(create_subprocess_exec("/etc/passwd", options));
    CHECK(code == std::errc::permission_denied);
  }
  CHECK(open_descriptors() == before);  // (test_popen_error_with_stdin_pipe)
  CHECK(waitpid(-1, nullptr, WNOHANG) <= 0);
}

LOOP_TEST_CASE("subprocess: the error names the program, or the folder when that is what is missing") {
  std::string outcome = co_await outcome_of(create_subprocess_exec("/nonexistent/program"));
  CHECK(outcome == "error: /nonexistent/program: No such file or directory");
  outcome = co_await outcome_of(create_subprocess_exec("true", SubprocessOptions().cwd("/nonexistent")));
  CHECK(outcome == "error: /nonexistent: No such file or directory");
}

LOOP_TEST_CASE("subprocess: commands that can't be are refused") {
  std::string outcome = co_await outcome_of(create_subprocess_exec(std::vector<std::string>()));
  CHECK(outcome == "error: no program is given");
  outcome = co_await outcome_of(create_subprocess_exec(""));
  CHECK(outcome == "error: no program is given");
  outcome = co_await outcome_of(create_subprocess_exec("echo", std::string("a\0b", 3)));
  CHECK(outcome == "error: embedded null byte in a command");
  SubprocessOptions options;
  CHECK_THROWS_AS(options.set_env("", "x"), std::invalid_argument);
  CHECK_THROWS_AS(options.set_env("a=b", "x"), std::invalid_argument);
  CHECK_THROWS_AS(options.set_env("a", std::string(1, '\0')), std::invalid_argument);
  CHECK_THROWS_AS(options.env({{"=", "x"}}), std::invalid_argument);
  CHECK_THROWS_AS(options.cwd(std::string(1, '\0')), std::invalid_argument);
  CHECK_THROWS_AS(options.pass_descriptor(2), std::invalid_argument);
  CHECK_THROWS_AS(options.limit(0), std::invalid_argument);
}

TEST_SUITE_END();
