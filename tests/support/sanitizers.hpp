// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which sanitizers this was compiled with, for the few tests of what they change themselves.

#if defined(__has_feature)
#define COROUTE_TEST_HAS_SANITIZER(name) __has_feature(name)
#else
#define COROUTE_TEST_HAS_SANITIZER(name) COROUTE_TEST_HAS_##name
#if defined(__SANITIZE_ADDRESS__)
#define COROUTE_TEST_HAS_address_sanitizer 1
#define COROUTE_TEST_HAS_undefined_behavior_sanitizer 1
#else
#define COROUTE_TEST_HAS_address_sanitizer 0
#define COROUTE_TEST_HAS_undefined_behavior_sanitizer 0
#endif
#if defined(__SANITIZE_THREAD__)
#define COROUTE_TEST_HAS_thread_sanitizer 1
#else
#define COROUTE_TEST_HAS_thread_sanitizer 0
#endif
#endif

namespace coroute::test {

/// Freed memory is kept for a while, or what is touched is written down elsewhere: the process grows by more than it
/// uses.
constexpr bool inflates_memory =
    COROUTE_TEST_HAS_SANITIZER(address_sanitizer) || COROUTE_TEST_HAS_SANITIZER(thread_sanitizer);

/// Pipes are opened to look at memory, so that whoever has no descriptors is accused of bad pointers.
constexpr bool needs_descriptors = COROUTE_TEST_HAS_SANITIZER(undefined_behavior_sanitizer);

/// A signal is handled at the thread's next call into the sanitizer, not where it came.
constexpr bool delays_signals = COROUTE_TEST_HAS_SANITIZER(thread_sanitizer);

}  // namespace coroute::test
