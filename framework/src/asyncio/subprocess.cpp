// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/subprocess.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "child_process.hpp"
#include "child_spawn.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "stream_transport.hpp"

namespace coroute {

struct detail::ProcessPipes {
  std::optional<StreamWriter> in;
  std::optional<StreamReader> out;
  std::optional<StreamReader> err;
};

namespace {

using detail::StreamTransport;
using Kind = detail::StreamTransport::Kind;

std::shared_ptr<StreamTransport> open_pipe(detail::OwnedDescriptor& fd, Kind kind, std::size_t limit) {
  auto handle = std::make_unique<detail::IoHandle>(EventLoop::current(), fd.release());
  return StreamTransport::create(std::move(handle), kind, limit);
}

std::optional<StreamWriter> writer_of(detail::OwnedDescriptor& fd, std::size_t limit) {
  if (!fd) return std::nullopt;
  return StreamWriter(detail::TransportOwner(open_pipe(fd, Kind::WritePipe, limit)));
}

std::optional<StreamReader> reader_of(detail::OwnedDescriptor& fd, std::size_t limit) {
  if (!fd) return std::nullopt;
  const auto transport = open_pipe(fd, Kind::ReadPipe, limit);
  return StreamReader(StreamTransport::input_of(transport), detail::TransportOwner(transport));
}

Async<int> wait_for(std::shared_ptr<detail::ChildProcess> child) {
  if (!detail::spend_ready_budget()) co_await sleep(Clock::duration::zero());
  while (!child->returncode())
    co_await child->ended().wait("Process.wait");
  co_return *child->returncode();
}

bool is_broken_pipe(const std::system_error& error) {
  return error.code() == std::errc::broken_pipe || error.code() == std::errc::connection_reset;
}

Async<void> feed(std::optional<StreamWriter>& writer, std::optional<std::string> input) {
  if (!writer) co_return;
  if (input) {
    writer->write(*input);
    try {
      co_await writer->drain();
    } catch (const std::system_error& error) {
      if (!is_broken_pipe(error)) throw;
    }
  }
  writer->close();
}

Async<std::string> read_all(std::optional<StreamReader>& reader) {
  std::string text;
  if (reader) text = co_await reader->read();
  co_return text;
}

Async<ProcessOutput> communicate_with(std::shared_ptr<detail::ChildProcess> child,
                                      std::shared_ptr<detail::ProcessPipes> pipes, std::optional<std::string> input) {
  if (input && !pipes->in) throw std::invalid_argument("communicate: there is input, but std_in is not a pipe");
  auto results = co_await gather(feed(pipes->in, std::move(input)), read_all(pipes->out), read_all(pipes->err));
  ProcessOutput output{std::move(std::get<1>(results)), std::move(std::get<2>(results))};
  co_await wait_for(child);
  co_return output;
}

std::string checked(std::string text, const char* what) {
  if (text.find('\0') != text.npos) throw std::invalid_argument(std::string("embedded null byte in ") + what);
  return text;
}

std::string variable(const std::string& name, const std::string& value) {
  if (name.empty() || name.find('=') != name.npos) {
    throw std::invalid_argument("illegal name of an environment variable: '" + name + "'");
  }
  return checked(name + '=' + value, "an environment variable");
}

void check_not_stdout(Stdio target) {
  if (target == Stdio::Stdout) throw std::invalid_argument("Stdio::Stdout is for std_err only");
}

}  // namespace

// --- options ---

SubprocessOptions& SubprocessOptions::std_in(Stdio target) {
  check_not_stdout(target);
  std_in_ = target;
  return *this;
}
SubprocessOptions& SubprocessOptions::std_out(Stdio target) {
  check_not_stdout(target);
  std_out_ = target;
  return *this;
}
SubprocessOptions& SubprocessOptions::std_err(Stdio target) {
  std_err_ = target;
  return *this;
}
SubprocessOptions& SubprocessOptions::cwd(std::string directory) {
  cwd_ = checked(std::move(directory), "a directory");
  return *this;
}
SubprocessOptions& SubprocessOptions::env(std::vector<std::pair<std::string, std::string>> variables) {
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables)
    environment.push_back(variable(name, value));
  environment_ = std::move(environment);
  return *this;
}
SubprocessOptions& SubprocessOptions::set_env(const std::string& name, const std::string& value) {
  std::string text = variable(name, value);
  if (!environment_) {
    environment_.emplace();
    for (char** entry = environ; entry && *entry; ++entry)
      environment_->emplace_back(*entry);
  }
  const std::string prefix = name + '=';
  std::erase_if(*environment_, [&](const std::string& entry) { return entry.compare(0, prefix.size(), prefix) == 0; });
  environment_->push_back(std::move(text));
  return *this;
}
SubprocessOptions& SubprocessOptions::pass_descriptor(int fd) {
  if (fd < 3) throw std::invalid_argument("a descriptor to pass must be 3 or more");
  passed_.insert(std::lower_bound(passed_.begin(), passed_.end(), fd), fd);
  return *this;
}
SubprocessOptions& SubprocessOptions::new_process_group(bool on) noexcept {
  new_process_group_ = on;
  return *this;
}
SubprocessOptions& SubprocessOptions::new_session(bool on) noexcept {
  new_session_ = on;
  return *this;
}
SubprocessOptions& SubprocessOptions::limit(std::size_t bytes) {
  if (bytes == 0) throw std::invalid_argument("the limit of a stream must not be 0");
  limit_ = bytes;
  return *this;
}

// --- process ---

Process::~Process() {
  if (child_) child_->abandon();
}

pid_t Process::pid() const noexcept {
  return child_->pid();
}
std::optional<int> Process::returncode() const noexcept {
  return child_->returncode();
}
Async<int> Process::wait() {
  return wait_for(child_);
}

Async<ProcessOutput> Process::communicate(std::optional<std::string> input) {
  return communicate_with(child_, pipes_, std::move(input));
}

void Process::send_signal(int signal) {
  child_->send_signal(signal);
}
void Process::terminate() {
  child_->send_signal(SIGTERM);
}
void Process::kill() {
  child_->send_signal(SIGKILL);
}

StreamWriter& Process::std_in() {
  if (!pipes_->in) throw RuntimeError("std_in of this process is not a pipe");
  return *pipes_->in;
}
StreamReader& Process::std_out() {
  if (!pipes_->out) throw RuntimeError("std_out of this process is not a pipe");
  return *pipes_->out;
}
StreamReader& Process::std_err() {
  if (!pipes_->err) throw RuntimeError("std_err of this process is not a pipe");
  return *pipes_->err;
}

Async<Process> create_subprocess_exec(std::vector<std::string> command, SubprocessOptions options) {
  detail::SpawnedChild child = detail::spawn_child(command, options);
  const auto watched = detail::ChildProcess::watch(EventLoop::current(), child.pid);
  const auto pipes = std::make_shared<detail::ProcessPipes>();
  Process process(watched, pipes);  // from here on the child is killed when something fails
  pipes->in = writer_of(child.std_in, options.limit());
  pipes->out = reader_of(child.std_out, options.limit());
  pipes->err = reader_of(child.std_err, options.limit());
  co_return process;
}

Async<Process> create_subprocess_shell(std::string command, SubprocessOptions options) {
  std::vector<std::string> words;
  for (const char* word : {"/bin/sh", "-c"})
    words.emplace_back(word);
  words.push_back(std::move(command));
  return create_subprocess_exec(std::move(words), std::move(options));
}

}  // namespace coroute
