// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The cases as written with coroute.
#include "measure.hpp"

namespace micro::ours {

Sample yield(std::uint64_t operations);
Sample yield_watching(std::uint64_t operations);
Sample nested_call(std::uint64_t operations);
Sample generator_item(std::uint64_t operations);
Sample spawn_join(std::uint64_t operations);
Sample gather_ready(std::uint64_t operations);
Sample gather_yielding(std::uint64_t operations);
Sample timeout_ready(std::uint64_t operations);
Sample timeout_yielding(std::uint64_t operations);
Sample semaphore_free(std::uint64_t operations);
Sample semaphore_free_one_loop(std::uint64_t operations);
Sample semaphore_contended(std::uint64_t operations);
Sample queue_buffered(std::uint64_t operations);
Sample queue_buffered_one_loop(std::uint64_t operations);
Sample queue_of_one(std::uint64_t operations);
Sample queue_across_loops(std::uint64_t operations);
Sample call_across_loops(std::uint64_t operations);
Sample to_thread(std::uint64_t operations);

}  // namespace micro::ours
