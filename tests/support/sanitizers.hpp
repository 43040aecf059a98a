// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which sanitizers this was compiled with, for the few tests of what they change themselves.

#if defined(__has_feature)
#define COROUTE_TEST_HAS_SANITIZER(name) __has_feature(name)
#elif defined(__SANITIZE_ADDRESS__)
#define COROUTE_TEST_HAS_SANITIZER(name) 1
#else
#define COROUTE_TEST_HAS_SANITIZER(name) 0
#endif

namespace coroute::test {

/// Freed memory is kept for a while, so that the process grows.
constexpr bool keeps_freed_memory = COROUTE_TEST_HAS_SANITIZER(address_sanitizer);

/// Pipes are opened to look at memory, so that whoever has no descriptors is accused of bad pointers.
constexpr bool needs_descriptors = COROUTE_TEST_HAS_SANITIZER(undefined_behavior_sanitizer);

}  // namespace coroute::test
