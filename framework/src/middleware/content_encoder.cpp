// SPDX-License-Identifier: BSL-1.0
#include "content_encoder.hpp"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>

namespace coroute::detail {
namespace {

constexpr int with_gzip_header = 16 + MAX_WBITS;
constexpr int default_memory_level = 8;

std::string_view trimmed(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// Of a weight, `q=0.5`, in thousandths; -1 for what is none (RFC 9110 section 12.4.2).
int weight_of(std::string_view text) noexcept {
  const bool is_weight = text.size() >= 3 && text.size() <= 7 && (text[0] | 0x20) == 'q' && text[1] == '=';
  if (!is_weight || (text[2] != '0' && text[2] != '1') || (text.size() > 3 && text[3] != '.')) return -1;
  int weight = (text[2] - '0') * 1000;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(4, text.size()))) {
    if (c < '0' || c > '9') return -1;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= 1000 ? weight : -1;
}

/// What the client gives `coding`, in thousandths: 0 refuses it, nothing when it isn't named.
std::optional<int> weight_for(const HeadersView& headers, std::string_view coding) {
  for (std::string_view field : headers.get_all("accept-encoding")) {
    while (!field.empty()) {
      const std::size_t end = std::min(field.find(','), field.size());
      const std::string_view element = field.substr(0, end);
      field.remove_prefix(std::min(end + 1, field.size()));
      const std::size_t semicolon = element.find(';');
      if (!iequals(trimmed(element.substr(0, semicolon)), coding)) continue;
      if (semicolon == std::string_view::npos) return 1000;
      return std::max(0, weight_of(trimmed(element.substr(semicolon + 1))));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string gzip(std::string_view text, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, with_gzip_header, default_memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  int result = Z_OK;
  while (result == Z_OK) {  // its sizes have 32 bits
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    const auto in = static_cast<uInt>(std::min<std::size_t>(most, text.size() - stream.total_in));
    const auto out = static_cast<uInt>(std::min<std::size_t>(most, packed.size() - stream.total_out));
    stream.avail_in = in;
    stream.avail_out = out;
    result = deflate(&stream, stream.total_in + in == text.size() ? Z_FINISH : Z_NO_FLUSH);
  }
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib's deflate failed");
  return packed;
}

std::string brotli(std::string_view text, int quality) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
  std::string packed(size, '\0');
  if (BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, text.size(),
                            reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                            reinterpret_cast<std::uint8_t*>(packed.data())) == BROTLI_FALSE)
    throw std::runtime_error("brotli's compression failed");
  packed.resize(size);
  return packed;
}

std::string_view preferred_encoding(const HeadersView& headers, std::span<const std::string> offered) {
  std::string_view best;
  int most = std::max(1, weight_for(headers, "identity").value_or(1));
  const int others = weight_for(headers, "*").value_or(0);
  for (const std::string& coding : offered) {
    const int weight = weight_for(headers, coding).value_or(others);
    if (best.empty() ? weight < most : weight <= most) continue;
    best = coding;
    most = weight;
  }
  return best;
}

}  // namespace coroute::detail
