// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a TestClient gets: a ClientResponse, with httpx's names beside it and what only a test can know.
#include <memory>
#include <string>
#include <vector>

#include "coroute/asyncio/clock.hpp"
#include "coroute/client/client_response.hpp"

namespace coroute {

/// Copies share one immutable response. Field names are lower case. A body that HTTP doesn't send is not there: of
/// HEAD, 204 and 304; `date` and `server`, which a server adds, are not there either.
class TestResponse : public ClientResponse {
 public:
  TestResponse(ClientResponse response, Clock::duration elapsed, std::vector<TestResponse> history = {},
               std::vector<std::string> pieces = {});

  int status_code() const noexcept { return status().code(); }
  /// 2xx; `ok` is below 400.
  bool is_success() const noexcept { return status_code() >= 200 && status_code() < 300; }
  /// The same bytes as `text`.
  const std::string& content() const noexcept { return text(); }
  /// Those that a streamed body was given in, in order; none for another body.
  const std::vector<std::string>& pieces() const noexcept { return *pieces_; }
  /// Throws HttpStatusError when the status is 400 or above.
  TestResponse raise_for_status() const;

  /// The redirects that led here, oldest first.
  const std::vector<TestResponse>& history() const noexcept { return *history_; }
  /// From the request to the answer of this response alone, in the time of the loop: to the tick in virtual time.
  Clock::duration elapsed() const noexcept { return elapsed_; }

 private:
  std::shared_ptr<const std::vector<TestResponse>> history_;
  std::shared_ptr<const std::vector<std::string>> pieces_;
  Clock::duration elapsed_;
};

}  // namespace coroute
