// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a client makes of a compressed body, by the libraries' own decoders.
#include <doctest/doctest.h>
#include <zstd.h>

#include <memory>
#include <string>
#include <string_view>

#include "http/content_decoder.hpp"

namespace coroute::testing {

/// `coding`: "gzip", "br", "zstd", or empty for a body as it is. `whole`: the body must have ended.
inline std::string unpacked(std::string_view coding, std::string_view body, bool whole = true) {
  std::string out;
  if (coding.empty()) return std::string(body);
  if (coding != "zstd") {
    detail::ContentDecoder decoder(coding == "br" ? detail::ContentCoding::Brotli : detail::ContentCoding::Gzip, {});
    CHECK(decoder.decode(body, out) == detail::DecodeError::None);
    if (whole) CHECK(decoder.finish() == detail::DecodeError::None);
    return out;
  }
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> decoder(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  std::size_t rest = 1;
  bool is_full = true;
  while (in.pos < in.size || (is_full && rest != 0)) {
    char piece[4096];
    ZSTD_outBuffer to{piece, sizeof piece, 0};
    rest = ZSTD_decompressStream(decoder.get(), &to, &in);
    REQUIRE_MESSAGE(ZSTD_isError(rest) == 0, ZSTD_getErrorName(rest));
    out.append(piece, to.pos);
    is_full = to.pos == to.size;
  }
  if (whole) CHECK(rest == 0);
  return out;
}

}  // namespace coroute::testing
