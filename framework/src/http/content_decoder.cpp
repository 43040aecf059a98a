// SPDX-License-Identifier: BSL-1.0
#include "http/content_decoder.hpp"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "coroute/http/headers.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t step_bytes = 16 * 1024;

}  // namespace

std::optional<ContentCoding> parse_content_coding(std::string_view field) noexcept {
  if (iequals(field, "gzip") || iequals(field, "x-gzip")) return ContentCoding::Gzip;
  if (iequals(field, "deflate")) return ContentCoding::Deflate;
  if (iequals(field, "br")) return ContentCoding::Brotli;
  return std::nullopt;
}

class ContentDecoder::Stream {
 public:
  enum class Result : unsigned char { Progress, Done, Corrupt };

  virtual ~Stream() = default;
  /// Takes from the front of `input`, writes to `buffer` and sets `written`. Progress without any of both: it needs
  /// more input.
  virtual Result step(std::string_view& input, std::array<char, step_bytes>& buffer, std::size_t& written) = 0;
  /// Nothing is missing: at the end, or before the first byte.
  virtual bool is_complete() const noexcept = 0;
};

/// gzip, of any number of members (RFC 1952 section 2.2), and "deflate", which is zlib's format, but bare to some.
class ContentDecoder::Inflate final : public Stream {
 public:
  explicit Inflate(ContentCoding coding) noexcept : coding_(coding) {}
  ~Inflate() override {
    if (begun_) inflateEnd(&stream_);
  }

  Result step(std::string_view& input, std::array<char, step_bytes>& buffer, std::size_t& written) override {
    written = 0;
    if (!begun_ && (input.empty() || !begin(input))) return Result::Progress;
    if (done_) {
      if (input.empty()) return Result::Done;
      if (coding_ == ContentCoding::Deflate || inflateReset(&stream_) != Z_OK) return Result::Corrupt;
      done_ = false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), 1U << 30U));
    const uInt offered = stream_.avail_in;
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(buffer.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(offered - stream_.avail_in);
    written = buffer.size() - stream_.avail_out;
    if (result == Z_STREAM_END) {
      done_ = true;
      return Result::Done;
    }
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    return result == Z_OK || result == Z_BUF_ERROR ? Result::Progress : Result::Corrupt;
  }
  bool is_complete() const noexcept override { return done_ || (!begun_ && first_size_ == 0); }

 private:
  static constexpr int with_gzip_header = 16 + MAX_WBITS;

  /// False: the first two bytes, which tell whether there is a header, are not there yet.
  bool begin(std::string_view& input) {
    int window_bits = with_gzip_header;
    if (coding_ == ContentCoding::Deflate) {
      while (first_size_ < first_.size() && !input.empty()) {
        first_[first_size_++] = static_cast<Bytef>(input.front());
        input.remove_prefix(1);
      }
      if (first_size_ < first_.size()) return false;
      const bool is_zlib = (first_[0] & 0x0FU) == Z_DEFLATED && (first_[0] * 256U + first_[1]) % 31U == 0;
      window_bits = is_zlib ? MAX_WBITS : -MAX_WBITS;
    }
    if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
    begun_ = true;
    if (first_size_ > 0) feed_first();
    return true;
  }

  /// Two bytes are a header, or a block or the start of one, and nothing comes out yet.
  void feed_first() {
    Bytef none = 0;
    stream_.next_in = first_.data();
    stream_.avail_in = static_cast<uInt>(first_.size());
    stream_.next_out = &none;
    stream_.avail_out = 0;
    done_ = inflate(&stream_, Z_NO_FLUSH) == Z_STREAM_END;
  }

  ContentCoding coding_;
  z_stream stream_{};
  std::array<Bytef, 2> first_{};
  std::size_t first_size_ = 0;
  bool begun_ = false;
  bool done_ = false;
};

class ContentDecoder::Brotli final : public Stream {
 public:
  Brotli() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw std::bad_alloc();
  }
  ~Brotli() override { BrotliDecoderDestroyInstance(state_); }

  Result step(std::string_view& input, std::array<char, step_bytes>& buffer, std::size_t& written) override {
    written = 0;
    if (done_) return input.empty() ? Result::Done : Result::Corrupt;
    begun_ = begun_ || !input.empty();
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    std::size_t available_in = input.size();
    auto* next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    std::size_t available_out = buffer.size();
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state_, &available_in, &next_in, &available_out, &next_out, nullptr);
    input.remove_prefix(input.size() - available_in);
    written = buffer.size() - available_out;
    done_ = result == BROTLI_DECODER_RESULT_SUCCESS;
    if (result == BROTLI_DECODER_RESULT_ERROR) return Result::Corrupt;
    return done_ ? Result::Done : Result::Progress;
  }
  bool is_complete() const noexcept override { return done_ || !begun_; }

 private:
  BrotliDecoderState* state_;
  bool begun_ = false;
  bool done_ = false;
};

ContentDecoder::ContentDecoder(ContentCoding coding, const DecoderLimits& limits) : limits_(limits) {
  if (coding == ContentCoding::Brotli) {
    stream_ = std::make_unique<Brotli>();
  } else {
    stream_ = std::make_unique<Inflate>(coding);
  }
}

ContentDecoder::~ContentDecoder() = default;

DecodeError ContentDecoder::check_output(std::uint64_t bytes) const noexcept {
  if (bytes > limits_.max_bytes) return DecodeError::TooLarge;
  if (bytes > DecoderLimits::free_bytes && bytes / limits_.max_ratio > in_) return DecodeError::RatioTooHigh;
  return DecodeError::None;
}

DecodeError ContentDecoder::decode(std::string_view input, std::string& out) {
  in_ += input.size();
  std::array<char, step_bytes> buffer;
  while (true) {
    const std::size_t before = input.size();
    std::size_t written = 0;
    const Stream::Result result = stream_->step(input, buffer, written);
    if (result == Stream::Result::Corrupt) return DecodeError::Corrupt;
    out_ += written;
    if (const DecodeError error = check_output(out_); error != DecodeError::None) return error;
    out.append(buffer.data(), written);
    const bool moved = written > 0 || input.size() < before;
    if (!moved || (input.empty() && written < buffer.size())) return DecodeError::None;
  }
}

DecodeError ContentDecoder::finish() const noexcept {
  return stream_->is_complete() ? DecodeError::None : DecodeError::Corrupt;
}

}  // namespace coroute::detail
