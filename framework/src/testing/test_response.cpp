// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/test_response.hpp"

#include <utility>

namespace coroute {

TestResponse::TestResponse(ClientResponse response, Clock::duration elapsed, std::vector<TestResponse> history)
    : ClientResponse(std::move(response)),
      history_(std::make_shared<const std::vector<TestResponse>>(std::move(history))),
      elapsed_(elapsed) {}

TestResponse TestResponse::raise_for_status() const {
  ClientResponse::raise_for_status();
  return *this;
}

}  // namespace coroute
