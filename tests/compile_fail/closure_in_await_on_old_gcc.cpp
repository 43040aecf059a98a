// SPDX-License-Identifier: BSL-1.0
// only: gcc
// expect: to_thread: with g\+\+ before 13 a lambda whose captures have destructors
#include "coroute/coroute.hpp"

using namespace coroute;

Async<std::size_t> wait(std::string text) {
#ifdef CORRECT
  co_return co_await to_thread([&] { return text.size(); });
#else
  co_return co_await to_thread([text] { return text.size(); });  // MISTAKE
#endif
}
