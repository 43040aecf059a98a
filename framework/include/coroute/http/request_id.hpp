// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The id of the request for which something runs, without the Request at hand.
#include <string>

namespace coroute {

/// `Request::request_id` of the request that what runs now belongs to: in its handler, in tasks, callbacks and
/// `to_thread` functions that come from there, and in what `App::spawn` began there, also after the request has been
/// answered. Empty outside of requests that a Server answers. Any thread.
std::string request_id();

}  // namespace coroute
