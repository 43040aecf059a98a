// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Reader and writer for a socket.
#include <cstddef>
#include <memory>

#include "coroute/asyncio/streams.hpp"
#include "stream_transport.hpp"

namespace coroute::detail {

StreamConnection make_connection(std::unique_ptr<IoHandle> socket, std::size_t limit);
StreamConnection make_connection(const std::shared_ptr<StreamTransport>& transport);

}  // namespace coroute::detail
