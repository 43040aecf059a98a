// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Everything a service needs.
#include "coroute/app/app.hpp"
#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"
#include "coroute/json.hpp"
