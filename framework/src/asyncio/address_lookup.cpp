// SPDX-License-Identifier: BSL-1.0
#include "address_lookup.hpp"

#include <netdb.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include "coroute/asyncio/streams.hpp"
#include "coroute/asyncio/thread_pool.hpp"

namespace coroute {
namespace {

class GetaddrinfoCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "getaddrinfo"; }
  std::string message(int code) const override { return gai_strerror(code); }
};

}  // namespace

const std::error_category& getaddrinfo_category() noexcept {
  static const GetaddrinfoCategory category;
  return category;
}

namespace detail {
namespace {

constexpr std::size_t lookup_threads = 4;
constexpr std::size_t max_queued_lookups = 256;

/// Left to the end of the process: at exit nobody waits for a name server that doesn't answer.
ThreadPool& lookup_pool() {
  static ThreadPool& pool =
      *new ThreadPool({.name = "getaddrinfo", .threads = lookup_threads, .max_queued = max_queued_lookups});
  return pool;
}

struct Question {
  std::string host;
  std::string port;
  int flags;
};

struct Answer {
  std::vector<StreamAddress> addresses;
  std::error_code error;
};

Answer ask(const Question& question) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = question.flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  Answer answer;
  const int error =
      getaddrinfo(question.host.empty() ? nullptr : question.host.c_str(), question.port.c_str(), &hints, &list);
  if (error == EAI_SYSTEM) {
    answer.error.assign(errno, std::system_category());
  } else if (error != 0) {
    answer.error.assign(error, getaddrinfo_category());
  }
  if (error != 0) return answer;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, &freeaddrinfo);
  for (const addrinfo* entry = list; entry; entry = entry->ai_next)
    answer.addresses.emplace_back(*entry->ai_addr, entry->ai_addrlen);
  return answer;
}

class LookupAwaiter;

/// One call of getaddrinfo, owned by the thread until it has run and by whoever waits for it.
struct Lookup : PoolJob {
  explicit Lookup(Question asked) : PoolJob(&run), question(std::move(asked)) {}
  static void run(Runnable& node) noexcept;

  const Question question;
  std::shared_ptr<Lookup> held_by_thread;
  std::mutex mutex;  // guards what follows
  Answer answer;
  LookupAwaiter* waiter = nullptr;
};

class LookupAwaiter : public Suspension {
 public:
  explicit LookupAwaiter(std::shared_ptr<Lookup> lookup) noexcept : lookup_(std::move(lookup)) {}
  ~LookupAwaiter() { leave(); }

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() {
    leave();
    finish();
  }

  CancelOutcome cancel() noexcept override { return leave() ? CancelOutcome::Aborted : CancelOutcome::Refused; }
  const char* describe() const noexcept override { return "getaddrinfo"; }

 private:
  friend struct Lookup;

  bool start(FrameBase& frame) {
    if (!begin(frame)) return false;
    lookup_->waiter = this;
    lookup_->held_by_thread = lookup_;
    try {
      lookup_pool().submit(*lookup_);
    } catch (...) {
      lookup_->held_by_thread.reset();
      lookup_->waiter = nullptr;
      withdraw();
      throw;
    }
    loop_ = &task_->loop();
    loop_->add_external_work();
    return true;
  }

  /// False: the thread has woken the task.
  bool leave() noexcept {
    if (loop_) std::exchange(loop_, nullptr)->remove_external_work();
    const std::lock_guard lock(lookup_->mutex);
    return std::exchange(lookup_->waiter, nullptr) != nullptr;
  }

  std::shared_ptr<Lookup> lookup_;
  EventLoop* loop_ = nullptr;
};

void Lookup::run(Runnable& node) noexcept {
  auto& self = static_cast<Lookup&>(node);
  const std::shared_ptr<Lookup> lookup = std::move(self.held_by_thread);
  Answer answer;
  try {
    answer = ask(lookup->question);
  } catch (const std::bad_alloc&) {
    answer.error = std::make_error_code(std::errc::not_enough_memory);
  }
  const std::lock_guard lock(lookup->mutex);
  lookup->answer = std::move(answer);
  if (lookup->waiter) std::exchange(lookup->waiter, nullptr)->wake();
}

}  // namespace

Async<std::vector<StreamAddress>> look_up(std::string host, std::uint16_t port, LookupFor purpose) {
  if (host.find('\0') != host.npos) throw std::invalid_argument("embedded null byte in a host name");
  const int passive = purpose == LookupFor::Listening ? AI_PASSIVE : 0;
  Question question{host, std::to_string(port), passive | AI_NUMERICHOST};
  Answer answer = ask(question);
  if (answer.error == std::error_code(EAI_NONAME, getaddrinfo_category())) {
    question.flags = passive;
    const auto lookup = std::make_shared<Lookup>(std::move(question));
    LookupAwaiter finished(lookup);
    co_await finished;
    answer = std::move(lookup->answer);
  }
  if (answer.error) throw std::system_error(answer.error, "cannot resolve '" + host + "'");
  co_return std::move(answer.addresses);
}

}  // namespace detail
}  // namespace coroute
