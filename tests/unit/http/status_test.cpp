// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/status.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

using coroute::has_body;
using coroute::reason_phrase;
using coroute::Status;

namespace {

struct Registered {
  Status status;
  int code;
  std::string_view phrase;
};

constexpr Registered registry[] = {
    {Status::Continue, 100, "Continue"},
    {Status::SwitchingProtocols, 101, "Switching Protocols"},
    {Status::Processing, 102, "Processing"},
    {Status::EarlyHints, 103, "Early Hints"},
    {Status::UploadResumptionSupported, 104, "Upload Resumption Supported"},
    {Status::Ok, 200, "OK"},
    {Status::Created, 201, "Created"},
    {Status::Accepted, 202, "Accepted"},
    {Status::NonAuthoritativeInformation, 203, "Non-Authoritative Information"},
    {Status::NoContent, 204, "No Content"},
    {Status::ResetContent, 205, "Reset Content"},
    {Status::PartialContent, 206, "Partial Content"},
    {Status::MultiStatus, 207, "Multi-Status"},
    {Status::AlreadyReported, 208, "Already Reported"},
    {Status::ImUsed, 226, "IM Used"},
    {Status::MultipleChoices, 300, "Multiple Choices"},
    {Status::MovedPermanently, 301, "Moved Permanently"},
    {Status::Found, 302, "Found"},
    {Status::SeeOther, 303, "See Other"},
    {Status::NotModified, 304, "Not Modified"},
    {Status::UseProxy, 305, "Use Proxy"},
    {Status::TemporaryRedirect, 307, "Temporary Redirect"},
    {Status::PermanentRedirect, 308, "Permanent Redirect"},
    {Status::BadRequest, 400, "Bad Request"},
    {Status::Unauthorized, 401, "Unauthorized"},
    {Status::PaymentRequired, 402, "Payment Required"},
    {Status::Forbidden, 403, "Forbidden"},
    {Status::NotFound, 404, "Not Found"},
    {Status::MethodNotAllowed, 405, "Method Not Allowed"},
    {Status::NotAcceptable, 406, "Not Acceptable"},
    {Status::ProxyAuthenticationRequired, 407, "Proxy Authentication Required"},
    {Status::RequestTimeout, 408, "Request Timeout"},
    {Status::Conflict, 409, "Conflict"},
    {Status::Gone, 410, "Gone"},
    {Status::LengthRequired, 411, "Length Required"},
    {Status::PreconditionFailed, 412, "Precondition Failed"},
    {Status::ContentTooLarge, 413, "Content Too Large"},
    {Status::UriTooLong, 414, "URI Too Long"},
    {Status::UnsupportedMediaType, 415, "Unsupported Media Type"},
    {Status::RangeNotSatisfiable, 416, "Range Not Satisfiable"},
    {Status::ExpectationFailed, 417, "Expectation Failed"},
    {Status::ImATeapot, 418, "I'm a Teapot"},
    {Status::MisdirectedRequest, 421, "Misdirected Request"},
    {Status::UnprocessableContent, 422, "Unprocessable Content"},
    {Status::Locked, 423, "Locked"},
    {Status::FailedDependency, 424, "Failed Dependency"},
    {Status::TooEarly, 425, "Too Early"},
    {Status::UpgradeRequired, 426, "Upgrade Required"},
    {Status::PreconditionRequired, 428, "Precondition Required"},
    {Status::TooManyRequests, 429, "Too Many Requests"},
    {Status::RequestHeaderFieldsTooLarge, 431, "Request Header Fields Too Large"},
    {Status::UnavailableForLegalReasons, 451, "Unavailable For Legal Reasons"},
    {Status::InternalServerError, 500, "Internal Server Error"},
    {Status::NotImplemented, 501, "Not Implemented"},
    {Status::BadGateway, 502, "Bad Gateway"},
    {Status::ServiceUnavailable, 503, "Service Unavailable"},
    {Status::GatewayTimeout, 504, "Gateway Timeout"},
    {Status::HttpVersionNotSupported, 505, "HTTP Version Not Supported"},
    {Status::VariantAlsoNegotiates, 506, "Variant Also Negotiates"},
    {Status::InsufficientStorage, 507, "Insufficient Storage"},
    {Status::LoopDetected, 508, "Loop Detected"},
    {Status::NotExtended, 510, "Not Extended"},
    {Status::NetworkAuthenticationRequired, 511, "Network Authentication Required"},
};

template <int Code>
concept CompileTimeStatus = requires { typename std::bool_constant<(Status{Code}, true)>; };

int code_of(Status status) {
  return status.code();
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("status: every registered name has its code and phrase") {
    for (const Registered& row : registry) {
      CHECK(row.status.code() == row.code);
      CHECK(reason_phrase(row.status) == row.phrase);
    }
  }

  TEST_CASE("status: exactly the registered codes have a phrase") {
    std::set<int> codes;
    for (const Registered& row : registry)
      codes.insert(row.code);
    CHECK(codes.size() == std::size(registry));
    for (int code = 100; code <= 599; ++code) {
      CHECK_MESSAGE(reason_phrase(code).empty() == !codes.contains(code), code);
    }
  }

  TEST_CASE("status: a code between 100 and 599 needs no name") {
    CHECK(Status{100}.code() == 100);
    CHECK(Status{299}.code() == 299);
    CHECK(Status{599}.code() == 599);
    CHECK(code_of(204) == 204);
  }

  TEST_CASE("status: a code outside 100..599 throws and names itself") {
    for (const int code : {99, 600, 0, -1, -200, 65536 + 200, 1000}) {
      CHECK_THROWS_WITH_AS(code_of(code),
                           ("status code " + std::to_string(code) + " is not between 100 and 599").c_str(),
                           std::invalid_argument);
    }
  }

  TEST_CASE("status: a constant outside 100..599 does not compile") {
    static_assert(CompileTimeStatus<100>);
    static_assert(CompileTimeStatus<599>);
    static_assert(!CompileTimeStatus<99>);
    static_assert(!CompileTimeStatus<600>);
  }

  TEST_CASE("status: compares with statuses and plain numbers on both sides") {
    constexpr Status created = 201;
    static_assert(created == Status::Created);
    CHECK(created == 201);
    CHECK(201 == created);
    CHECK(created != Status::Ok);
    CHECK(created < Status::Accepted);
    CHECK(Status::NotFound >= 400);
    CHECK_FALSE(Status::NotFound >= 500);
  }

  TEST_CASE("status: 1xx, 204, 205 and 304 have no body, all others have") {
    for (int code = 100; code <= 599; ++code) {
      const bool bodyless = code < 200 || code == 204 || code == 205 || code == 304;
      CHECK_MESSAGE(has_body(code) == !bodyless, code);
    }
  }
}
