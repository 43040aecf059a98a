// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Runs a coroutine on an io_context that is set up as well as Asio allows: one thread, no locks around descriptors.
/// (BOOST_ASIO_CONCURRENCY_HINT_UNSAFE would take no lock at all, but nothing could reach such a loop from outside.)
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "asio_peers.hpp"

namespace micro::peers {

namespace asio = boost::asio;

using AnyExecutor = asio::any_io_executor;
using LoopExecutor = asio::io_context::executor_type;

constexpr int loop_hint = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO;

inline constexpr auto rethrow = [](const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
};

/// `body` is a coroutine function of (operations) and gives what it has measured.
template <class Executor, asio::awaitable<Sample, Executor> (*body)(std::uint64_t)>
Sample on_loop(std::uint64_t operations) {
  asio::io_context context(loop_hint);
  Sample sample;
  asio::co_spawn(Executor(context.get_executor()), body(operations),
                 [&](const std::exception_ptr& error, Sample measured) {
                   rethrow(error);
                   sample = measured;
                   context.stop();
                 });
  context.run();
  return sample;
}

/// `co_await asio::post(token)`, in the two spellings that there are.
template <class Executor>
struct UseAwaitable {
  static constexpr auto token = asio::use_awaitable_t<Executor>();
};
template <class Executor>
struct Deferred {
  static constexpr auto token = asio::deferred;
};

}  // namespace micro::peers
