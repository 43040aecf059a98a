// SPDX-License-Identifier: BSL-1.0
#include "child_spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace coroute::detail {
namespace {

constexpr int first_free_descriptor = 3;  // below are the standard streams

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::system_category(), what);
}
int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::system_category(), what);
  return result;
}

/// `fd`, or a copy that no standard stream of the child is put over.
OwnedDescriptor out_of_the_way(OwnedDescriptor fd) {
  if (fd.get() >= first_free_descriptor) return fd;
  return OwnedDescriptor(checked(fcntl(fd.get(), F_DUPFD_CLOEXEC, first_free_descriptor), "fcntl"));
}

struct PipeEnds {
  OwnedDescriptor read;
  OwnedDescriptor write;
};

PipeEnds make_pipe() {
  std::array<int, 2> ends{};
  checked(pipe2(ends.data(), O_CLOEXEC), "pipe2");
  PipeEnds pipe{OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1])};
  pipe.read = out_of_the_way(std::move(pipe.read));
  pipe.write = out_of_the_way(std::move(pipe.write));
  return pipe;
}

/// What the child gets as one of its streams, and this process' end of it.
struct Redirection {
  OwnedDescriptor for_child;
  OwnedDescriptor ours;
};

Redirection redirect(Stdio stdio, bool is_input) {
  Redirection result;
  if (stdio == Stdio::Pipe) {
    PipeEnds pipe = make_pipe();
    result.for_child = std::move(is_input ? pipe.read : pipe.write);
    result.ours = std::move(is_input ? pipe.write : pipe.read);
    checked(fcntl(result.ours.get(), F_SETFL, O_NONBLOCK), "fcntl");
  } else if (stdio == Stdio::DevNull) {
    result.for_child = out_of_the_way(OwnedDescriptor(checked(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null")));
  } else if (stdio.value() >= 0) {
    // A copy: the descriptor given may be a standard one that another stream is put over first.
    const int copy = fcntl(stdio.value(), F_DUPFD_CLOEXEC, first_free_descriptor);
    result.for_child = OwnedDescriptor(checked(copy, "a descriptor given for a standard stream"));
  }
  return result;
}

class FileActions {
 public:
  FileActions() { check(posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init"); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void put(int fd, int target) {
    check(posix_spawn_file_actions_adddup2(&actions_, fd, target), "posix_spawn_file_actions_adddup2");
  }
  void change_directory(const std::string& directory) {
    check(posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()), "posix_spawn_file_actions_addchdir_np");
  }
  /// All but the standard streams and `kept`, which is sorted.
  void close_all_but(const std::vector<int>& kept) {
    int next = first_free_descriptor;
    for (const int fd : kept) {
      for (; next < fd; ++next)
        check(posix_spawn_file_actions_addclose(&actions_, next), "posix_spawn_file_actions_addclose");
      put(fd, fd);  // takes close-on-exec away
      next = std::max(next, fd + 1);
    }
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
    check(posix_spawn_file_actions_addclosefrom_np(&actions_, next), "posix_spawn_file_actions_addclosefrom_np");
#endif
#endif
  }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
  explicit Attributes(const SubprocessOptions& options) {
    check(posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
    // Threads of the library have signals blocked, and servers ignore SIGPIPE; a program expects neither.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (options.new_process_group()) flags |= POSIX_SPAWN_SETPGROUP;
    if (options.new_session()) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings)
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string search_path(const std::optional<std::vector<std::string>>& environment) {
  constexpr std::string_view name = "PATH=";
  if (!environment) {
    const char* const path = std::getenv("PATH");
    return path ? path : "/bin:/usr/bin";
  }
  for (const std::string& variable : *environment) {
    if (variable.compare(0, name.size(), name) == 0) return variable.substr(name.size());
  }
  return "/bin:/usr/bin";
}

bool is_program(const std::string& path) {
  struct stat found{};
  return stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && access(path.c_str(), X_OK) == 0;
}

/// posix_spawnp would look in this process' PATH instead of the child's.
std::string find_program(const std::string& name, const std::string& directories) {
  if (name.find('/') != name.npos) return name;
  for (std::size_t begin = 0; begin <= directories.size();) {
    const std::size_t end = std::min(directories.find(':', begin), directories.size());
    const std::string directory = directories.substr(begin, end - begin);
    const std::string candidate = directory.empty() ? "./" + name : directory + '/' + name;
    if (is_program(candidate)) return candidate;
    begin = end + 1;
  }
  throw std::system_error(ENOENT, std::system_category(), name);
}

void check_words(const std::vector<std::string>& command) {
  if (command.empty() || command.front().empty()) throw std::invalid_argument("no program is given");
  for (const std::string& word : command) {
    if (word.find('\0') != word.npos) throw std::invalid_argument("embedded null byte in a command");
  }
}

/// The kernel doesn't say whether the directory or the program was wrong.
std::string culprit(const std::string& program, const std::string& cwd) {
  struct stat found{};
  const bool usable =
      cwd.empty() || (stat(cwd.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && access(cwd.c_str(), X_OK) == 0);
  return usable ? program : cwd;
}

}  // namespace

SpawnedChild spawn_child(const std::vector<std::string>& command, const SubprocessOptions& options) {
  check_words(command);
  const std::string program = find_program(command.front(), search_path(options.environment()));
  Redirection in = redirect(options.std_in(), true);
  Redirection out = redirect(options.std_out(), false);
  Redirection err = redirect(options.std_err(), false);

  FileActions actions;
  if (in.for_child) actions.put(in.for_child.get(), STDIN_FILENO);
  if (out.for_child) actions.put(out.for_child.get(), STDOUT_FILENO);
  if (err.for_child) actions.put(err.for_child.get(), STDERR_FILENO);
  if (options.std_err() == Stdio::Stdout) actions.put(STDOUT_FILENO, STDERR_FILENO);
  if (!options.cwd().empty()) actions.change_directory(options.cwd());
  actions.close_all_but(options.passed_descriptors());

  const Attributes attributes(options);
  const std::vector<char*> argv = pointers_to(command);
  std::vector<char*> given_environment;
  if (options.environment()) given_environment = pointers_to(*options.environment());
  char* const* const envp = options.environment() ? given_environment.data() : environ;
  SpawnedChild child;
  const int error = posix_spawn(&child.pid, program.c_str(), actions.get(), attributes.get(), argv.data(), envp);
  if (error != 0) throw std::system_error(error, std::system_category(), culprit(program, options.cwd()));
  child.std_in = std::move(in.ours);
  child.std_out = std::move(out.ours);
  child.std_err = std::move(err.ours);
  return child;
}

}  // namespace coroute::detail
