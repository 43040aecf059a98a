// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The cases as written with plain Boost.Asio, each in every way that may be the fastest. `one_loop`: with a channel
/// that only one thread may use, where coroute's type, and the case of the same name, is for all.
#include "measure.hpp"

namespace micro::peers {

std::vector<Variant> yield();
std::vector<Variant> yield_watching();
std::vector<Variant> nested_call();
std::vector<Variant> generator_item();
std::vector<Variant> spawn_join();
std::vector<Variant> gather_ready();
std::vector<Variant> gather_yielding();
std::vector<Variant> timeout_ready();
std::vector<Variant> timeout_yielding();
std::vector<Variant> semaphore_free();
std::vector<Variant> semaphore_free_one_loop();
std::vector<Variant> semaphore_contended();
std::vector<Variant> queue_buffered();
std::vector<Variant> queue_buffered_one_loop();
std::vector<Variant> queue_of_one();
std::vector<Variant> queue_across_loops();
std::vector<Variant> call_across_loops();
std::vector<Variant> to_thread();

}  // namespace micro::peers
