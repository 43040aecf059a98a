// SPDX-License-Identifier: BSL-1.0
#include "http/exception_response.hpp"

#include <doctest/doctest.h>

#include <new>
#include <stdexcept>

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/http_exception.hpp"

using namespace coroute;
using coroute::detail::response_for;

namespace {

template <class E>
std::optional<Response> meant_by(const E& error, bool client_left = false) {
  const Request request{RequestHead()};
  return response_for(request, std::make_exception_ptr(error), client_left);
}

int status_of(CancelReason reason, bool client_left = false) {
  return meant_by(Cancelled(reason), client_left).value().status.code();
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("exception response: an HttpException says its own") {
    const Response response = meant_by(HttpException(Status::Conflict, "taken", {{"x-by", "me"}})).value();
    CHECK(response.status == Status::Conflict);
    CHECK(response.body == R"({"detail":"taken"})");
    CHECK(response.content_type() == "application/json");
    CHECK(response.headers.get("x-by") == "me");
  }

  TEST_CASE("exception response: a cancellation is answered by its reason, unless the client has left") {
    CHECK(status_of(CancelReason::Deadline) == 504);
    CHECK(status_of(CancelReason::Disconnect) == 499);
    for (const CancelReason reason : {CancelReason::User, CancelReason::Overload, CancelReason::Shutdown})
      CHECK(status_of(reason) == 503);
    for (const CancelReason reason : {CancelReason::User, CancelReason::Deadline, CancelReason::Shutdown})
      CHECK(status_of(reason, true) == 499);
  }

  TEST_CASE("exception response: a full thread pool asks to come again") {
    const Response response = meant_by(ThreadPoolFull("64 jobs wait")).value();
    CHECK(response.status == Status::ServiceUnavailable);
    CHECK(response.headers.get("retry-after") == "1");
  }

  TEST_CASE("exception response: any other error has nothing to say to a client") {
    CHECK_FALSE(meant_by(std::runtime_error("secret")));
    CHECK_FALSE(meant_by(TimeoutError()));
    CHECK_FALSE(meant_by(std::bad_alloc(), true));
    CHECK_FALSE(meant_by(42));
  }
}
