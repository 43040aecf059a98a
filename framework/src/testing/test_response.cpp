// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/test_response.hpp"

#include <utility>

namespace coroute {

TestResponse::TestResponse(ClientResponse response, Clock::duration elapsed, std::vector<TestResponse> history,
                           std::vector<std::string> pieces)
    : ClientResponse(std::move(response)),
      history_(std::make_shared<const std::vector<TestResponse>>(std::move(history))),
      pieces_(std::make_shared<const std::vector<std::string>>(std::move(pieces))),
      elapsed_(elapsed) {}

TestResponse TestResponse::raise_for_status() const {
  ClientResponse::raise_for_status();
  return *this;
}

}  // namespace coroute
