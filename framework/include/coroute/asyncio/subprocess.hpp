// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `create_subprocess_exec` and `Process`: child processes, their pipes and their end.
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/stream_reader.hpp"
#include "coroute/asyncio/stream_writer.hpp"

namespace coroute {

namespace detail {
class ChildProcess;
struct ProcessPipes;
}  // namespace detail

/// What a standard stream of a child is connected to.
class Stdio {
 public:
  static const Stdio Inherit;  ///< This process' own; the default.
  static const Stdio Pipe;     ///< A StreamWriter or StreamReader of the Process.
  static const Stdio DevNull;
  static const Stdio Stdout;  ///< For `std_err` only: where `std_out` goes.
  /// A descriptor of this process, which keeps it.
  static constexpr Stdio descriptor(int fd) noexcept { return Stdio(fd); }

  constexpr int value() const noexcept { return value_; }
  constexpr bool operator==(const Stdio&) const noexcept = default;

 private:
  constexpr explicit Stdio(int value) noexcept : value_(value) {}
  int value_;  // a descriptor, or negative
};
inline constexpr Stdio Stdio::Inherit{-1};
inline constexpr Stdio Stdio::Pipe{-2};
inline constexpr Stdio Stdio::DevNull{-3};
inline constexpr Stdio Stdio::Stdout{-4};

/// Strings with a null byte, and names of variables that are empty or contain "=", get std::invalid_argument.
class SubprocessOptions {
 public:
  SubprocessOptions& std_in(Stdio target);
  SubprocessOptions& std_out(Stdio target);
  SubprocessOptions& std_err(Stdio target);
  /// Where the program begins; a relative program is looked for from there.
  SubprocessOptions& cwd(std::string directory);
  /// The whole environment, instead of a copy of this process' own.
  SubprocessOptions& env(std::vector<std::pair<std::string, std::string>> variables);
  /// One more variable, or another value for it.
  SubprocessOptions& set_env(const std::string& name, const std::string& value);
  /// A descriptor that the child gets too, under the same number. It gets no others but the standard ones.
  SubprocessOptions& pass_descriptor(int fd);
  /// The child leads a process group of its own: a Ctrl-C at the terminal doesn't reach it.
  SubprocessOptions& new_process_group(bool on = true) noexcept;
  /// The same with a session of its own, without a terminal: Python's start_new_session.
  SubprocessOptions& new_session(bool on = true) noexcept;
  /// Of the readers: see StreamOptions.
  SubprocessOptions& limit(std::size_t bytes);

  Stdio std_in() const noexcept { return std_in_; }
  Stdio std_out() const noexcept { return std_out_; }
  Stdio std_err() const noexcept { return std_err_; }
  const std::string& cwd() const noexcept { return cwd_; }
  /// "NAME=value"; nothing: this process' own.
  const std::optional<std::vector<std::string>>& environment() const noexcept { return environment_; }
  const std::vector<int>& passed_descriptors() const noexcept { return passed_; }
  bool new_process_group() const noexcept { return new_process_group_; }
  bool new_session() const noexcept { return new_session_; }
  std::size_t limit() const noexcept { return limit_; }

 private:
  Stdio std_in_ = Stdio::Inherit;
  Stdio std_out_ = Stdio::Inherit;
  Stdio std_err_ = Stdio::Inherit;
  std::string cwd_;
  std::optional<std::vector<std::string>> environment_;
  std::vector<int> passed_;
  bool new_process_group_ = false;
  bool new_session_ = false;
  std::size_t limit_ = StreamReader::default_limit;
};

/// What `communicate` gives: empty for a stream that is not a pipe.
struct ProcessOutput {
  std::string std_out;
  std::string std_err;
};

/// asyncio's Process. Movable; its destructor kills a child that still runs, which is then reaped in the background.
/// Loop thread only. The streams are named std_in and so on because the C library may define the plain names as macros.
class Process {
 public:
  /// For the library.
  Process(std::shared_ptr<detail::ChildProcess> child, std::shared_ptr<detail::ProcessPipes> pipes) noexcept
      : child_(std::move(child)), pipes_(std::move(pipes)) {}
  Process(Process&&) noexcept = default;
  Process& operator=(Process&& other) noexcept {
    std::swap(child_, other.child_);
    std::swap(pipes_, other.pipes_);
    return *this;
  }
  ~Process();

  pid_t pid() const noexcept;
  /// Its exit status, or the negative number of the signal that ended it; nothing while it runs as far as the loop
  /// knows.
  std::optional<int> returncode() const noexcept;

  /// Waits for its end and gives the return code. Any number of tasks may wait; cancelling leaves the child alone. A
  /// child whose output nobody reads may never end: see `communicate`.
  Async<int> wait();
  /// Sends `input`, closes stdin, reads all output and waits for the end. A child that doesn't read all its input is no
  /// error. std::invalid_argument when there is input but stdin is not a pipe.
  Async<ProcessOutput> communicate(std::optional<std::string> input = std::nullopt);

  /// std::system_error, ESRCH, when it has ended.
  void send_signal(int signal);
  void terminate();
  void kill();

  /// RuntimeError unless it is a pipe.
  StreamWriter& std_in();
  StreamReader& std_out();
  StreamReader& std_err();

 private:
  std::shared_ptr<detail::ChildProcess> child_;
  std::shared_ptr<detail::ProcessPipes> pipes_;
};

/// Starts `command[0]` with the arguments `command[1..]`. A name without "/" is looked for in the PATH that the child
/// gets. When it can't be started, std::system_error with the errno of exec. The child has no signals blocked, and
/// SIGPIPE at its default.
Async<Process> create_subprocess_exec(std::vector<std::string> command, SubprocessOptions options = {});

/// The same for `/bin/sh -c command`.
Async<Process> create_subprocess_shell(std::string command, SubprocessOptions options = {});

// Implementation

namespace detail {

template <class A>
concept CommandWord = std::constructible_from<std::string, A> && !std::is_integral_v<std::remove_cvref_t<A>>;

template <class A>
concept CommandWordOrOptions = CommandWord<A> || std::same_as<std::remove_cvref_t<A>, SubprocessOptions>;

struct Command {
  std::vector<std::string> words;
  SubprocessOptions options;

  template <CommandWord A>
  void add(A&& word) {
    words.emplace_back(std::forward<A>(word));
  }
  void add(const SubprocessOptions& given) { options = given; }
};

}  // namespace detail

/// `co_await create_subprocess_exec("ls", "-l", path, SubprocessOptions().std_out(Stdio::Pipe))`
template <detail::CommandWord Program, detail::CommandWordOrOptions... Args>
Async<Process> create_subprocess_exec(Program&& program, Args&&... args) {
  detail::Command command;
  command.add(std::forward<Program>(program));
  (command.add(std::forward<Args>(args)), ...);
  return create_subprocess_exec(std::move(command.words), std::move(command.options));
}

}  // namespace coroute
