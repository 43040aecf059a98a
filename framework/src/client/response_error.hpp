// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Why a response can't be used; becomes a ClientError where the request is known.
#include <string>

#include "coroute/http/status.hpp"
#include "http/content_decoder.hpp"

namespace coroute::detail {

enum class ResponseError : unsigned char {
  None,
  NotHttp,
  BadHead,
  BadStatus,
  BadFraming,
  BadTransferEncoding,
  BadChunk,
  TooManyInformational,
  SwitchedProtocols,
  HeadTooLarge,
  BodyTooLarge,
  BadCompression,
  CompressedTooMuch,
  EndedEarly,
};

ResponseError response_error(DecodeError error) noexcept;

/// "404 Not Found"
std::string status_text(Status status);

/// A sentence for people.
const char* to_string(ResponseError error) noexcept;

}  // namespace coroute::detail
