// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Memory of coroutine frames: a recycler by size class, one per thread, without locks.
#include <cstddef>

namespace coroute::detail {

void* allocate_frame(std::size_t size);
void release_frame(void* memory, std::size_t size) noexcept;

/// The block that this thread handed out last; compared by the frame-layout guard (see promise.hpp).
void* last_allocated_frame() noexcept;

}  // namespace coroute::detail
