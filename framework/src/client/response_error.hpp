// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Why a response can't be used; becomes a ClientError where the request is known.
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
  EndedEarly,
};

/// A sentence for people.
const char* to_string(ResponseError error) noexcept;

}  // namespace coroute::detail
