// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Text packed as RFC 1950 to 1952 say.
#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace coroute::testing {

/// `window_bits`: zlib's, which say what stands around the data.
inline std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2 failed");
  }
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("deflate failed");
  return packed;
}

inline std::string gzipped(std::string_view text) {
  return deflated(text, 16 + MAX_WBITS);
}

}  // namespace coroute::testing
