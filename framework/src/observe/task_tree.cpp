// SPDX-License-Identifier: BSL-1.0
#include "coroute/observe/task_tree.hpp"

#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "coroute/asyncio/detail/signal_block.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/json.hpp"

namespace coroute {
namespace {

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

Json json_of(const TaskSnapshot& task) {
  Json json = Json::object();
  json["id"] = task.id;
  json["name"] = task.name;
  json["age_s"] = seconds(task.age);
  json["time_left_s"] = task.time_left ? Json(seconds(*task.time_left)) : Json(nullptr);
  json["waits_for"] = task.waits_for.empty() ? Json(nullptr) : Json(task.waits_for);
  json["waiting_s"] = seconds(task.waiting);
  json["awaits"] = task.awaits;
  Json& stack = json["stack"] = Json::array();
  for (const StackEntry& entry : task.stack)
    stack.push_back({{"function", entry.function}, {"file", entry.file}, {"line", entry.line}});
  return json;
}

Json json_of(const LoopSnapshot& loop) {
  Json json = Json::object();
  json["loop"] = loop.number;
  json["thread"] = loop.thread;
  json["answered"] = loop.answered;
  Json& tasks = json["tasks"] = Json::array();
  for (const TaskSnapshot& task : loop.tasks)
    tasks.push_back(json_of(task));
  return json;
}

void write_to_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::atomic<bool> in_use{false};

/// Posted by the signal handler. Never destroyed: a handler may be on its way on any thread.
sem_t* wake_up() {
  static sem_t* const semaphore = [] {
    auto* const made = new sem_t;
    sem_init(made, 0, 0);
    return made;
  }();
  return semaphore;
}
std::atomic<sem_t*> to_wake{nullptr};
static_assert(std::atomic<sem_t*>::is_always_lock_free, "used in a signal handler");

void on_signal(int) {
  const int saved = errno;
  if (sem_t* const semaphore = to_wake.load()) sem_post(semaphore);
  errno = saved;
}

/// Holds the one place for a dumper.
class Place {
 public:
  Place() {
    if (in_use.exchange(true)) throw RuntimeError("there is a TaskTreeDumper already");
  }
  ~Place() { in_use = false; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
};

}  // namespace

std::string task_tree_json(const std::vector<LoopSnapshot>& loops) {
  Json json = Json::object();
  Json& all = json["loops"] = Json::array();
  for (const LoopSnapshot& loop : loops)
    all.push_back(json_of(loop));
  return to_json_text(json);
}

class TaskTreeDumper::Impl {
 public:
  Impl(LogFormat format, int signal, Write write) : format_(format), signal_(signal), write_(std::move(write)) {
    to_wake = wake_up();
    while (sem_trywait(wake_up()) == 0) {  // what came late for the one before
    }
    struct sigaction ours{};
    ours.sa_handler = &on_signal;
    ours.sa_flags = SA_RESTART;
    sigemptyset(&ours.sa_mask);
    if (sigaction(signal_, &ours, &before_) != 0) {
      throw std::system_error(errno, std::system_category(), "can't handle signal " + std::to_string(signal_));
    }
    try {
      const detail::SignalBlock signals_blocked;
      thread_ = std::thread([this] { work(); });
    } catch (...) {
      sigaction(signal_, &before_, nullptr);
      throw;
    }
  }
  ~Impl() {
    sigaction(signal_, &before_, nullptr);
    ending_ = true;
    sem_post(wake_up());
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  void work() {
    while (true) {
      while (sem_wait(wake_up()) != 0) {
      }
      while (sem_trywait(wake_up()) == 0) {  // several signals that have come by now: one dump
      }
      if (ending_) return;
      try {
        dump();
      } catch (...) {
        call_exception_handler({"the dump of the task tree failed", std::current_exception(), {}});
      }
    }
  }

  void dump() {
    const std::vector<LoopSnapshot> loops = capture_all_tasks();
    write_(format_ == LogFormat::Json ? task_tree_json(loops) + "\n" : format_task_tree(loops));
  }

  const Place place_;
  const LogFormat format_;
  const int signal_;
  Write write_;
  struct sigaction before_{};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

TaskTreeDumper::TaskTreeDumper(LogFormat format, int signal, Write write)
    : impl_(std::make_unique<Impl>(format, signal, write ? std::move(write) : Write(&write_to_stderr))) {}

TaskTreeDumper::~TaskTreeDumper() = default;

}  // namespace coroute
