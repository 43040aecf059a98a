// SPDX-License-Identifier: BSL-1.0
#pragma once
/// getaddrinfo without blocking the loop.
#include <cstdint>
#include <string>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "stream_address.hpp"

namespace coroute::detail {

enum class LookupFor : unsigned char { Connecting, Listening };

/// Never empty. std::system_error of `getaddrinfo_category` when there is none; ThreadPoolFull. A cancellation ends it
/// at once and leaves the thread to itself. An address written as a number needs no thread. An empty host: this
/// machine, for listening all its interfaces.
Async<std::vector<StreamAddress>> look_up(std::string host, std::uint16_t port, LookupFor purpose);

}  // namespace coroute::detail
