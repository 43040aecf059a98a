// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/generator.hpp"

namespace coroute::detail {

void throw_generator_running() {
  throw RuntimeError("the async generator is running already: another next() is in progress");
}

void throw_generator_ignored_exit() {
  throw RuntimeError("the async generator ignored GeneratorExit: it yielded while it was being closed");
}

void throw_generator_empty() {
  throw RuntimeError("the async generator was moved from");
}

void rethrow_taken(std::exception_ptr& error) {
  std::rethrow_exception(std::exchange(error, nullptr));
}

bool is_generator_exit(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const GeneratorExit&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace coroute::detail
