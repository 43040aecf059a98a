// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "coroute/asyncio/cpu_count.hpp"
#include "coroute/asyncio/detail/signal_block.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

struct ThreadPool::Shared {
  ThreadPoolOptions options;
  mutable std::mutex mutex;
  std::condition_variable work_or_end;
  detail::IntrusiveList<detail::PoolJob> queue;
  std::atomic<std::size_t> queued = 0;  // changed under the mutex
  std::size_t running = 0;
  std::size_t idle = 0;
  bool spinning = false;  // one of the idle threads looks for work and needs no waking
  bool ending = false;
  std::vector<std::thread> threads;
};

ThreadPool::ThreadPool(ThreadPoolOptions options) : shared_(std::make_unique<Shared>()) {
  if (options.threads == 0) options.threads = std::min<std::size_t>(available_cpus() + 4, 32);
  shared_->options = std::move(options);
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->work_or_end.notify_all();
  for (std::thread& thread : shared_->threads)
    thread.join();
}

namespace {

std::atomic<ThreadPool*> chosen_default{nullptr};

}  // namespace

ThreadPool& ThreadPool::default_pool() {
  if (ThreadPool* const chosen = chosen_default.load(std::memory_order_acquire)) return *chosen;
  static ThreadPool pool;
  return pool;
}

void ThreadPool::set_default_pool(ThreadPool* pool) noexcept {
  chosen_default.store(pool, std::memory_order_release);
}

void ThreadPool::submit(detail::PoolJob& job) {
  Shared& shared = *shared_;
  {
    const std::lock_guard lock(shared.mutex);
    const bool taken_by_spinning = shared.spinning && shared.queued == 0;
    const bool has_idle = shared.idle > shared.queued;
    const bool can_grow = shared.threads.size() < shared.options.threads;
    const std::size_t jobs = shared.running + shared.queued;
    if (jobs >= shared.options.threads && jobs - shared.options.threads >= shared.options.max_queued) {
      throw ThreadPoolFull("thread pool '" + shared.options.name + "': all " + std::to_string(shared.options.threads) +
                           " threads are busy and " + std::to_string(shared.options.max_queued) + " jobs wait already");
    }
    if (!has_idle && can_grow) {
      const detail::SignalBlock signals_blocked;
      shared.threads.emplace_back([&shared] { work(shared); });
    }
    shared.queue.push_back(job);
    ++shared.queued;
    if (taken_by_spinning) return;
  }
  shared.work_or_end.notify_one();  // without the mutex, for which the thread would have to wait at once
}

bool ThreadPool::withdraw(detail::PoolJob& job) noexcept {
  if (job.taken.load(std::memory_order_acquire)) return false;
  const std::lock_guard lock(shared_->mutex);
  if (!job.linked()) return false;
  detail::IntrusiveList<detail::PoolJob>::remove(job);
  --shared_->queued;
  return true;
}

/// Or for the end of the pool.
void ThreadPool::wait_for_job(Shared& shared, std::unique_lock<std::mutex>& lock, detail::IdleSpin& spin) {
  const auto has_job_or_end = [&] { return shared.queued > 0 || shared.ending; };
  if (has_job_or_end()) return;
  if (!detail::IdleSpin::is_possible()) {
    shared.work_or_end.wait(lock, has_job_or_end);
    return;
  }
  const Clock::time_point began = Clock::now();
  if (spin.is_worth_it() && !shared.spinning) {
    shared.spinning = true;
    lock.unlock();
    detail::IdleSpin::look([&] { return shared.queued.load(std::memory_order_relaxed) > 0; }, [] {});
    lock.lock();
    shared.spinning = false;
  }
  shared.work_or_end.wait(lock, has_job_or_end);
  spin.note(true, Clock::now() - began);
}

void ThreadPool::work(Shared& shared) {
  detail::IdleSpin idle_spin;
  std::unique_lock lock(shared.mutex);
  ++shared.idle;
  while (true) {
    wait_for_job(shared, lock, idle_spin);
    --shared.idle;
    if (shared.queue.empty()) return;
    detail::PoolJob* const job = &shared.queue.pop_front();
    job->taken.store(true, std::memory_order_release);
    const auto after = job->after;  // a job without one may be gone after its step
    --shared.queued;
    ++shared.running;
    lock.unlock();
    job->step(*job);
    lock.lock();
    --shared.running;
    ++shared.idle;
    if (!after) continue;
    lock.unlock();
    after(*job);
    lock.lock();
  }
}

const std::string& ThreadPool::name() const noexcept {
  return shared_->options.name;
}
std::size_t ThreadPool::max_threads() const noexcept {
  return shared_->options.threads;
}
std::size_t ThreadPool::max_queued() const noexcept {
  return shared_->options.max_queued;
}
std::size_t ThreadPool::queued() const noexcept {
  const std::lock_guard lock(shared_->mutex);
  return shared_->queued;
}
std::size_t ThreadPool::running() const noexcept {
  const std::lock_guard lock(shared_->mutex);
  return shared_->running;
}

namespace detail {

bool ThreadJob::start(FrameBase& frame) {
  if (!begin(frame)) return false;
  loop_ = &task_->loop();
  loop_->add_external_work();
  try {
    context_.capture();
    pool_->submit(*this);
  } catch (...) {
    loop_->remove_external_work();
    withdraw();
    throw;
  }
  return true;
}

void ThreadJob::run_on_thread(Runnable& node) noexcept {
  auto& self = static_cast<ThreadJob&>(node);
  try {
    self.context_.run([&] { self.call(); });
  } catch (...) {
    self.error_ = std::current_exception();
  }
}

void ThreadJob::await_resume() const {
  if (loop_) loop_->remove_external_work();
  finish();
  if (error_) std::rethrow_exception(error_);
}

CancelOutcome ThreadJob::cancel() noexcept {
  if (pool_->withdraw(*this)) return CancelOutcome::Aborted;
  stop_.request_stop();
  return CancelOutcome::Refused;
}

// Whoever of the two comes first decides: the thread that has finished wakes the task, or the task that is cancelled
// leaves, and the thread finds nobody.

void AbandonableCall::run_on_thread(Runnable& node) noexcept {
  auto& self = static_cast<AbandonableCall&>(node);
  if (self.state_.load(std::memory_order_relaxed) == State::Abandoned) return;
  try {
    self.context_.run([&] { self.call(); });
  } catch (...) {
    self.error_ = std::current_exception();
  }
}

void AbandonableCall::finish_on_thread(Runnable& node) noexcept {
  auto& self = static_cast<AbandonableCall&>(node);
  const std::shared_ptr<AbandonableCall> alive = std::move(self.itself_);
  State expected = State::Waiting;
  if (self.state_.compare_exchange_strong(expected, State::Finished, std::memory_order_acq_rel)) {
    self.waiter_->wake();
  } else if (self.error_) {
    call_exception_handler({"exception in a function that to_thread had abandoned", self.error_, {}});
  }
}

bool AbandonableJob::start(FrameBase& frame) {
  if (!begin(frame)) return false;
  loop_ = &task_->loop();
  loop_->add_external_work();
  call_->waiter_ = this;
  call_->itself_ = call_;
  try {
    call_->context_.capture();
    pool_->submit(*call_);
  } catch (...) {
    call_->itself_.reset();
    std::exchange(loop_, nullptr)->remove_external_work();
    withdraw();
    throw;
  }
  return true;
}

bool AbandonableJob::abandon() noexcept {
  auto expected = AbandonableCall::State::Waiting;
  if (!call_->state_.compare_exchange_strong(expected, AbandonableCall::State::Abandoned, std::memory_order_acq_rel)) {
    return false;
  }
  call_->stop_.request_stop();
  if (pool_->withdraw(*call_)) call_->itself_.reset();
  return true;
}

CancelOutcome AbandonableJob::cancel() noexcept {
  return abandon() ? CancelOutcome::Aborted : CancelOutcome::Refused;
}

AbandonableJob::~AbandonableJob() {
  if (!loop_) return;
  abandon();  // the frame was destroyed while it waited
  loop_->remove_external_work();
}

void AbandonableJob::await_resume() {
  if (loop_) std::exchange(loop_, nullptr)->remove_external_work();
  finish();
  if (call_->error_) std::rethrow_exception(call_->error_);
}

}  // namespace detail
}  // namespace coroute
