// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Middleware that only looks at the answer.
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/response.hpp"

namespace coroute::detail {

template <class Edit>
Async<Response> edited_later(Async<Response> answer, Edit edit) {
  Response response = co_await std::move(answer);
  edit(response);
  co_return response;
}

/// `answer` once `edit(Response&)` has been over it. One that is there already costs no coroutine frame. What `edit`
/// refers to must outlive the answer.
template <class Edit>
Async<Response> edited(Async<Response> answer, Edit edit) {
  if (!AsyncAccess::is_ready_value(answer)) return edited_later(std::move(answer), std::move(edit));
  edit(AsyncAccess::box(answer)->value);
  return answer;
}

}  // namespace coroute::detail
