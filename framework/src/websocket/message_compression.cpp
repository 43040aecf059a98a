// SPDX-License-Identifier: BSL-1.0
#include "message_compression.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>

namespace coroute::detail {
namespace {

constexpr std::string_view flush_end{"\x00\x00\xFF\xFF", 4};  // RFC 7692 section 7.2.1
constexpr std::size_t step_bytes = 16 * 1024;
constexpr int smallest_window_bits = 9;  // zlib takes 8 for 9 when it compresses, and refuses it for raw streams

void set_input(z_stream& stream, std::string_view input) noexcept {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
}

/// Calls `work(piece, is_last)` with pieces that zlib's counters can hold.
template <class Work>
void for_each_piece(std::string_view input, Work work) {
  constexpr std::size_t largest = std::numeric_limits<uInt>::max();
  do {
    const std::string_view piece = input.substr(0, largest);
    input.remove_prefix(piece.size());
    work(piece, input.empty());
  } while (!input.empty());
}

}  // namespace

struct MessageDeflater::Stream {
  explicit Stream(int window_bits) {
    // The hash table gets about as much memory as the window.
    const int memory_level = std::clamp(window_bits - 7, 1, 8);
    if (deflateInit2(&zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Stream() { deflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream zlib{};
};

MessageDeflater::MessageDeflater(const CompressionTerms& terms) noexcept
    : window_bits_(std::max(terms.send_window_bits, smallest_window_bits)), keeps_context_(terms.send_context) {}

MessageDeflater::~MessageDeflater() = default;

std::string MessageDeflater::deflate(std::string_view message) {
  if (!stream_) stream_ = std::make_unique<Stream>(window_bits_);
  z_stream& zlib = stream_->zlib;
  std::string out;
  for_each_piece(message, [&](std::string_view piece, bool is_last) {
    set_input(zlib, piece);
    do {
      const std::size_t begin = out.size();
      out.resize(begin + step_bytes);
      zlib.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
      zlib.avail_out = static_cast<uInt>(step_bytes);
      ::deflate(&zlib, is_last ? Z_SYNC_FLUSH : Z_NO_FLUSH);
      out.resize(out.size() - zlib.avail_out);
    } while (zlib.avail_out == 0);
  });
  if (out.ends_with(flush_end)) out.resize(out.size() - flush_end.size());
  if (out.empty()) out.assign(1, '\0');  // zlib flushes nothing only once; RFC 7692 section 7.2.3.6
  if (!keeps_context_) stream_.reset();
  return out;
}

struct MessageInflater::Stream {
  explicit Stream(int window_bits) {
    if (inflateInit2(&zlib, -window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream zlib{};
};

MessageInflater::MessageInflater(const CompressionTerms& terms) noexcept
    : window_bits_(terms.receive_window_bits), keeps_context_(terms.receive_context) {}

MessageInflater::~MessageInflater() = default;

MessageInflater::Result MessageInflater::inflate(std::string_view input, std::string& out, std::size_t limit) {
  if (!stream_) stream_ = std::make_unique<Stream>(window_bits_);
  z_stream& zlib = stream_->zlib;
  Result result = Result::Good;
  for_each_piece(input, [&](std::string_view piece, bool) {
    set_input(zlib, piece);
    std::array<char, step_bytes> buffer;  // not cleared
    do {
      if (result != Result::Good) return;
      zlib.next_out = reinterpret_cast<Bytef*>(buffer.data());
      zlib.avail_out = static_cast<uInt>(buffer.size());
      const int status = ::inflate(&zlib, Z_SYNC_FLUSH);
      out.append(buffer.data(), buffer.size() - zlib.avail_out);
      if (out.size() > limit) result = Result::TooLarge;
      // A block may say that it is the last (RFC 7692 section 7.2.3.4); what follows is a stream of its own.
      if (status == Z_STREAM_END) inflateReset(&zlib);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) result = Result::Corrupt;
    } while (zlib.avail_in > 0 || zlib.avail_out == 0);
  });
  return result;
}

MessageInflater::Result MessageInflater::finish(std::string& out, std::size_t limit) {
  const Result result = inflate(flush_end, out, limit);
  if (!keeps_context_) stream_.reset();
  return result;
}

}  // namespace coroute::detail
