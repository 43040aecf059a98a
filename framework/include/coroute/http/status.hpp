// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A three-digit response status with the names and reason phrases of the IANA registry.

#include <compare>
#include <cstdint>
#include <string_view>

namespace coroute {

/// A status code between 100 and 599. Codes without a name are fine: `Status{299}`.
struct Status {
  /// Implicit, so that `.status = 201` reads as it should. Outside 100..599 it throws `std::invalid_argument`; in a
  /// constant expression that is a compile error.
  constexpr Status(int code) : code_{checked(code)} {}

  constexpr int code() const noexcept { return code_; }

  friend constexpr bool operator==(Status, Status) noexcept = default;
  friend constexpr std::strong_ordering operator<=>(Status, Status) noexcept = default;

  static const Status Continue;
  static const Status SwitchingProtocols;
  static const Status Processing;
  static const Status EarlyHints;
  static const Status UploadResumptionSupported;

  static const Status Ok;
  static const Status Created;
  static const Status Accepted;
  static const Status NonAuthoritativeInformation;
  static const Status NoContent;
  static const Status ResetContent;
  static const Status PartialContent;
  static const Status MultiStatus;
  static const Status AlreadyReported;
  static const Status ImUsed;

  static const Status MultipleChoices;
  static const Status MovedPermanently;
  static const Status Found;
  static const Status SeeOther;
  static const Status NotModified;
  static const Status UseProxy;
  static const Status TemporaryRedirect;
  static const Status PermanentRedirect;

  static const Status BadRequest;
  static const Status Unauthorized;
  static const Status PaymentRequired;
  static const Status Forbidden;
  static const Status NotFound;
  static const Status MethodNotAllowed;
  static const Status NotAcceptable;
  static const Status ProxyAuthenticationRequired;
  static const Status RequestTimeout;
  static const Status Conflict;
  static const Status Gone;
  static const Status LengthRequired;
  static const Status PreconditionFailed;
  static const Status ContentTooLarge;
  static const Status UriTooLong;
  static const Status UnsupportedMediaType;
  static const Status RangeNotSatisfiable;
  static const Status ExpectationFailed;
  static const Status ImATeapot;
  static const Status MisdirectedRequest;
  static const Status UnprocessableContent;
  static const Status Locked;
  static const Status FailedDependency;
  static const Status TooEarly;
  static const Status UpgradeRequired;
  static const Status PreconditionRequired;
  static const Status TooManyRequests;
  static const Status RequestHeaderFieldsTooLarge;
  static const Status UnavailableForLegalReasons;

  static const Status InternalServerError;
  static const Status NotImplemented;
  static const Status BadGateway;
  static const Status ServiceUnavailable;
  static const Status GatewayTimeout;
  static const Status HttpVersionNotSupported;
  static const Status VariantAlsoNegotiates;
  static const Status InsufficientStorage;
  static const Status LoopDetected;
  static const Status NotExtended;
  static const Status NetworkAuthenticationRequired;

 private:
  static constexpr std::uint16_t checked(int code) {
    if (code < 100 || code > 599) refuse(code);
    return static_cast<std::uint16_t>(code);
  }
  [[noreturn]] static void refuse(int code);

  std::uint16_t code_;
};

/// The registered phrase, which RFC 9110 calls optional; empty for a code without a registration.
std::string_view reason_phrase(Status status) noexcept;

/// False for 1xx, 204, 205 and 304: their responses end at the header section (RFC 9110 section 6.4.1; 205 announces
/// an empty body, section 15.3.6).
constexpr bool has_body(Status status) noexcept;

// ---------------------------------------------------------------------------------------------------------------------
// Implementation
// ---------------------------------------------------------------------------------------------------------------------

inline constexpr Status Status::Continue{100};
inline constexpr Status Status::SwitchingProtocols{101};
inline constexpr Status Status::Processing{102};
inline constexpr Status Status::EarlyHints{103};
inline constexpr Status Status::UploadResumptionSupported{104};
inline constexpr Status Status::Ok{200};
inline constexpr Status Status::Created{201};
inline constexpr Status Status::Accepted{202};
inline constexpr Status Status::NonAuthoritativeInformation{203};
inline constexpr Status Status::NoContent{204};
inline constexpr Status Status::ResetContent{205};
inline constexpr Status Status::PartialContent{206};
inline constexpr Status Status::MultiStatus{207};
inline constexpr Status Status::AlreadyReported{208};
inline constexpr Status Status::ImUsed{226};
inline constexpr Status Status::MultipleChoices{300};
inline constexpr Status Status::MovedPermanently{301};
inline constexpr Status Status::Found{302};
inline constexpr Status Status::SeeOther{303};
inline constexpr Status Status::NotModified{304};
inline constexpr Status Status::UseProxy{305};
inline constexpr Status Status::TemporaryRedirect{307};
inline constexpr Status Status::PermanentRedirect{308};
inline constexpr Status Status::BadRequest{400};
inline constexpr Status Status::Unauthorized{401};
inline constexpr Status Status::PaymentRequired{402};
inline constexpr Status Status::Forbidden{403};
inline constexpr Status Status::NotFound{404};
inline constexpr Status Status::MethodNotAllowed{405};
inline constexpr Status Status::NotAcceptable{406};
inline constexpr Status Status::ProxyAuthenticationRequired{407};
inline constexpr Status Status::RequestTimeout{408};
inline constexpr Status Status::Conflict{409};
inline constexpr Status Status::Gone{410};
inline constexpr Status Status::LengthRequired{411};
inline constexpr Status Status::PreconditionFailed{412};
inline constexpr Status Status::ContentTooLarge{413};
inline constexpr Status Status::UriTooLong{414};
inline constexpr Status Status::UnsupportedMediaType{415};
inline constexpr Status Status::RangeNotSatisfiable{416};
inline constexpr Status Status::ExpectationFailed{417};
inline constexpr Status Status::ImATeapot{418};
inline constexpr Status Status::MisdirectedRequest{421};
inline constexpr Status Status::UnprocessableContent{422};
inline constexpr Status Status::Locked{423};
inline constexpr Status Status::FailedDependency{424};
inline constexpr Status Status::TooEarly{425};
inline constexpr Status Status::UpgradeRequired{426};
inline constexpr Status Status::PreconditionRequired{428};
inline constexpr Status Status::TooManyRequests{429};
inline constexpr Status Status::RequestHeaderFieldsTooLarge{431};
inline constexpr Status Status::UnavailableForLegalReasons{451};
inline constexpr Status Status::InternalServerError{500};
inline constexpr Status Status::NotImplemented{501};
inline constexpr Status Status::BadGateway{502};
inline constexpr Status Status::ServiceUnavailable{503};
inline constexpr Status Status::GatewayTimeout{504};
inline constexpr Status Status::HttpVersionNotSupported{505};
inline constexpr Status Status::VariantAlsoNegotiates{506};
inline constexpr Status Status::InsufficientStorage{507};
inline constexpr Status Status::LoopDetected{508};
inline constexpr Status Status::NotExtended{510};
inline constexpr Status Status::NetworkAuthenticationRequired{511};

constexpr bool has_body(Status status) noexcept {
  return status.code() >= 200 && status != Status::NoContent && status != Status::ResetContent &&
         status != Status::NotModified;
}

}  // namespace coroute
