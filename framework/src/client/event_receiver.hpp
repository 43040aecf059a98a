// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Server-sent events over as many connections as it takes.
#include <memory>

#include "coroute/asyncio/generator.hpp"
#include "coroute/client/event_source.hpp"
#include "outgoing_request.hpp"

namespace coroute::detail {

/// See `RequestBuilder::events`.
AsyncGenerator<ServerSentEvent> receive_events(std::unique_ptr<OutgoingRequest> request, EventSourceOptions options);

}  // namespace coroute::detail
