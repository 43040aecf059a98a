// SPDX-License-Identifier: BSL-1.0
#include "response_error.hpp"

namespace coroute::detail {

const char* to_string(ResponseError error) noexcept {
  switch (error) {
    case ResponseError::None:
      return "no error";
    case ResponseError::NotHttp:
      return "the response is not HTTP/1.1";
    case ResponseError::BadHead:
      return "the response head is malformed";
    case ResponseError::BadStatus:
      return "the status of the response is not a number from 100 to 599";
    case ResponseError::BadFraming:
      return "the length of the response is ambiguous";
    case ResponseError::BadTransferEncoding:
      return "the response has a transfer-encoding other than chunked";
    case ResponseError::BadChunk:
      return "the chunked response body is malformed";
    case ResponseError::TooManyInformational:
      return "too many informational responses came first";
    case ResponseError::SwitchedProtocols:
      return "the peer switched protocols without being asked";
    case ResponseError::HeadTooLarge:
      return "the response head is over the limit";
    case ResponseError::BodyTooLarge:
      return "the response body is over the limit";
    case ResponseError::BadCompression:
      return "the compressed response body is malformed";
    case ResponseError::CompressedTooMuch:
      return "the response body is compressed by more than the limit";
    case ResponseError::EndedEarly:
      return "the connection was closed before the response was complete";
  }
  return "unknown error";
}

std::string status_text(Status status) {
  std::string text = std::to_string(status.code());
  const std::string_view phrase = reason_phrase(status);
  if (!phrase.empty()) text.append(1, ' ').append(phrase);
  return text;
}

ResponseError response_error(DecodeError error) noexcept {
  switch (error) {
    case DecodeError::None:
      return ResponseError::None;
    case DecodeError::Corrupt:
      return ResponseError::BadCompression;
    case DecodeError::TooLarge:
      return ResponseError::BodyTooLarge;
    case DecodeError::RatioTooHigh:
      break;
  }
  return ResponseError::CompressedTooMuch;
}

}  // namespace coroute::detail
