// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Runner`: several `run`s on one loop, asyncio.Runner. `run` is one of these used once.
#include <memory>
#include <utility>

#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

/// Ctrl-C was pressed while `Runner::run` was in progress; its main task has been cancelled and has ended. Not a
/// std::exception, as in Python: code that handles errors doesn't swallow it.
class KeyboardInterrupt {
 public:
  const char* what() const noexcept { return "interrupted from the keyboard"; }
};

/// Keeps a loop and a context between runs; the context begins as a copy of that of whoever makes the Runner. Not
/// copyable; to be used by one thread.
///
/// SIGINT, unless the program handles it itself, cancels the main task of a run on the process's first thread; `run`
/// throws KeyboardInterrupt when the task ends by that. The second SIGINT ends the process.
class Runner {
 public:
  explicit Runner(EventLoopOptions options = {});
  /// Closes it.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Runs `main` and gives its result or throws its error. Tasks that it leaves run on in the next run. RuntimeError
  /// when a loop runs on this thread already, or after `close`.
  template <class T>
  T run(Async<T> main) {
    check_can_run();
    Task<T> task = start(std::move(main));
    run_until_done(task);
    return task.result();
  }

  /// The same, and `close`s before it gives the result.
  template <class T>
  T run_last(Async<T> main) {
    check_can_run();
    Task<T> task = start(std::move(main));
    run_until_done(task);
    close();
    return task.result();
  }

  /// Cancels the tasks that are left and awaits them, then destroys the loop. A second time: nothing. RuntimeError
  /// while a `run` is in progress.
  void close();

  /// RuntimeError after `close`.
  EventLoop& loop();
  /// The variables that every main task sees and sets.
  const Context& context() const noexcept { return context_; }

 private:
  template <class T>
  Task<T> start(Async<T> main) {
    TaskOptions options("main");
    options.context(context_);
    return create_task_on(loop(), std::move(main), std::move(options));
  }
  void check_can_run() const;
  void run_until_done(const AnyTask& main);

  std::unique_ptr<EventLoop> loop_;
  Context context_ = copy_context();
  bool virtual_time_;
};

}  // namespace coroute
