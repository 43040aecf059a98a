// SPDX-License-Identifier: BSL-1.0
#include "content_encoder.hpp"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>

namespace coroute::detail {
namespace {

constexpr std::size_t step = 16 * 1024;  // by which the output grows
constexpr int stream_window_log = 18;

class GzipEncoder final : public ContentEncoder {
 public:
  explicit GzipEncoder(int level) {
    constexpr int with_gzip_header = 16 + MAX_WBITS;
    constexpr int default_memory_level = 8;
    if (deflateInit2(&stream_, level, Z_DEFLATED, with_gzip_header, default_memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~GzipEncoder() override { deflateEnd(&stream_); }

  void flush(std::string_view piece, std::string& out) override { run(piece, Z_SYNC_FLUSH, out); }
  void finish(std::string_view piece, std::string& out) override { run(piece, Z_FINISH, out); }

 private:
  void run(std::string_view piece, int mode, std::string& out) {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();  // its sizes have 32 bits
    while (piece.size() > most) {
      run(piece.substr(0, most), Z_NO_FLUSH, out);
      piece.remove_prefix(most);
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // it only reads it
    stream_.avail_in = static_cast<uInt>(piece.size());
    do {
      const std::size_t size = out.size();
      out.resize(size + step);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
      stream_.avail_out = static_cast<uInt>(step);
      deflate(&stream_, mode);
      out.resize(out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class BrotliEncoder final : public ContentEncoder {
 public:
  BrotliEncoder(int quality, std::optional<std::size_t> size)
      : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr), &BrotliEncoderDestroyInstance) {
    if (!state_) throw std::bad_alloc();
    set(BROTLI_PARAM_QUALITY, quality);
    if (!size) set(BROTLI_PARAM_LGWIN, stream_window_log);
    if (size) set(BROTLI_PARAM_SIZE_HINT, static_cast<int>(std::min<std::size_t>(*size, 1U << 30U)));
  }

  void flush(std::string_view piece, std::string& out) override { run(piece, BROTLI_OPERATION_FLUSH, out); }
  void finish(std::string_view piece, std::string& out) override { run(piece, BROTLI_OPERATION_FINISH, out); }

 private:
  void set(BrotliEncoderParameter parameter, int value) {
    BrotliEncoderSetParameter(state_.get(), parameter, static_cast<std::uint32_t>(value));
  }

  void run(std::string_view piece, BrotliEncoderOperation operation, std::string& out) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(piece.data());
    std::size_t in_size = piece.size();
    do {
      std::size_t none = 0;
      if (!BrotliEncoderCompressStream(state_.get(), operation, &in_size, &in, &none, nullptr, nullptr))
        throw std::bad_alloc();  // else it only fails when it is used wrongly
      std::size_t size = 0;
      const std::uint8_t* const packed = BrotliEncoderTakeOutput(state_.get(), &size);
      out.append(reinterpret_cast<const char*>(packed), size);
    } while (in_size > 0 || BrotliEncoderHasMoreOutput(state_.get()));
  }

  std::unique_ptr<BrotliEncoderState, decltype(&BrotliEncoderDestroyInstance)> state_;
};

class ZstdEncoder final : public ContentEncoder {
 public:
  ZstdEncoder(int level, std::optional<std::size_t> size) : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    if (size)
      ZSTD_CCtx_setPledgedSrcSize(context_.get(), *size);
    else
      ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, stream_window_log);
  }

  void flush(std::string_view piece, std::string& out) override { run(piece, ZSTD_e_flush, out); }
  void finish(std::string_view piece, std::string& out) override { run(piece, ZSTD_e_end, out); }

 private:
  void run(std::string_view piece, ZSTD_EndDirective directive, std::string& out) {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    std::size_t rest = 0;
    do {
      const std::size_t size = out.size();
      out.resize(size + step);
      ZSTD_outBuffer to{out.data() + size, step, 0};
      rest = ZSTD_compressStream2(context_.get(), &to, &in, directive);
      if (ZSTD_isError(rest)) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(rest));
      out.resize(size + to.pos);
    } while (rest != 0);
  }

  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
};

}  // namespace

bool has_content_encoder(std::string_view coding, int level) noexcept {
  if (coding == "gzip") return level >= 0 && level <= 9;
  if (coding == "br") return level >= 0 && level <= 11;
  return coding == "zstd" && level >= 1 && level <= 19;
}

std::unique_ptr<ContentEncoder> content_encoder(std::string_view coding, int level, std::optional<std::size_t> size) {
  if (coding == "gzip") return std::make_unique<GzipEncoder>(level);
  if (coding == "br") return std::make_unique<BrotliEncoder>(level, size);
  return std::make_unique<ZstdEncoder>(level, size);
}

}  // namespace coroute::detail
