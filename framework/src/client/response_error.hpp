// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Why a response can't be used; becomes a ClientError where the request is known.
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

/// A sentence for people.
const char* to_string(ResponseError error) noexcept;

}  // namespace coroute::detail
