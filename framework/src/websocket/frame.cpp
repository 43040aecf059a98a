// SPDX-License-Identifier: BSL-1.0
#include "frame.hpp"

#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

namespace coroute::detail {
namespace {

constexpr unsigned final_bit = 0x80;
constexpr unsigned compressed_bit = 0x40;
constexpr unsigned mask_bit = 0x80;
constexpr std::size_t largest_head = 14;

/// Asking OpenSSL for four bytes costs as much as for many.
class RandomBytes {
 public:
  MaskKey take() {
    if (used_ == bytes_.size()) {
      if (RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) != 1) {
        throw std::runtime_error("OpenSSL has no random bytes");
      }
      used_ = 0;
    }
    MaskKey key{};
    std::memcpy(key.data(), bytes_.data() + used_, key.size());
    used_ += key.size();
    return key;
  }

 private:
  std::array<unsigned char, 512> bytes_{};
  std::size_t used_ = bytes_.size();
};

void append_length(std::string& out, std::uint64_t length, unsigned flags) {
  int bytes = 0;
  if (length <= max_control_payload) {
    out += static_cast<char>(flags | static_cast<unsigned>(length));
  } else if (length <= 0xFFFF) {
    out += static_cast<char>(flags | 126U);
    bytes = 2;
  } else {
    out += static_cast<char>(flags | 127U);
    bytes = 8;
  }
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(length >> (8U * static_cast<unsigned>(i)) & 0xFFU);
}

}  // namespace

MaskKey make_mask_key() {
  thread_local RandomBytes random;
  return random.take();
}

void apply_mask(char* bytes, std::size_t size, const MaskKey& key, std::size_t offset) noexcept {
  std::array<unsigned char, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i)
    turned[i] = key[(offset + i) % key.size()];
  std::uint64_t word_key = 0;
  std::memcpy(&word_key, turned.data(), sizeof word_key);
  std::size_t i = 0;
  for (; i + sizeof word_key <= size; i += sizeof word_key) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    word ^= word_key;
    std::memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < size; ++i)
    bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ turned[i % turned.size()]);
}

void append_frame(std::string& out, WebSocketRole from, WebSocketOpcode opcode, std::string_view payload,
                  bool compressed) {
  out.reserve(out.size() + largest_head + payload.size());
  out += static_cast<char>(final_bit | (compressed ? compressed_bit : 0U) | static_cast<unsigned>(opcode));
  const bool masks = from == WebSocketRole::Client;
  append_length(out, payload.size(), masks ? mask_bit : 0U);
  if (!masks) {
    out += payload;
    return;
  }
  const MaskKey key = make_mask_key();
  out.append(reinterpret_cast<const char*>(key.data()), key.size());
  const std::size_t begin = out.size();
  out += payload;
  apply_mask(out.data() + begin, payload.size(), key, 0);
}

}  // namespace coroute::detail
