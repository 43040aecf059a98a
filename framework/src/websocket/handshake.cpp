// SPDX-License-Identifier: BSL-1.0
#include "handshake.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "coroute/http/headers.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view accept_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view deflate_name = "permessage-deflate";

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');  // with the NUL that is written, too
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

/// Reads `token *( ";" token [ "=" ( token / quoted-string ) ] )`, separated by commas.
class ExtensionReader {
 public:
  explicit ExtensionReader(std::string_view text) noexcept : rest_(text) {}

  std::optional<std::vector<WebSocketExtension>> read() {
    std::vector<WebSocketExtension> all;
    while (true) {
      skip_space();
      if (!skip(',')) {
        if (rest_.empty()) return all;
        if (!read_one(all.emplace_back())) return std::nullopt;
        skip_space();
        if (!rest_.empty() && rest_[0] != ',') return std::nullopt;
      }
    }
  }

 private:
  bool read_one(WebSocketExtension& extension) {
    extension.name = token();
    if (extension.name.empty()) return false;
    while (true) {
      skip_space();
      if (!skip(';')) return true;
      skip_space();
      auto& [name, value] = extension.parameters.emplace_back();
      name = token();
      if (name.empty()) return false;
      skip_space();
      if (!skip('=')) continue;
      skip_space();
      const bool quoted = skip('"');
      value = token();
      if (value->empty() || (quoted && !skip('"'))) return false;
    }
  }
  /// A quoted value must be a token too.
  std::string token() {
    std::size_t size = 0;
    while (size < rest_.size() && is_token(rest_.substr(size, 1)))
      ++size;
    std::string result(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return result;
  }
  void skip_space() noexcept { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  bool skip(char c) noexcept {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

/// 8 to 15, without a zero in front.
std::optional<int> window_bits(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  if (text->size() == 1 && ((*text)[0] == '8' || (*text)[0] == '9')) return (*text)[0] - '0';
  if (text->size() == 2 && (*text)[0] == '1' && (*text)[1] >= '0' && (*text)[1] <= '5') return 10 + (*text)[1] - '0';
  return std::nullopt;
}

/// Of permessage-deflate: RFC 7692 section 7.1.
struct DeflateParameters {
  bool server_no_context = false;
  bool client_no_context = false;
  bool any_client_window = false;  ///< client_max_window_bits without a value, which only an offer may have.
  std::optional<int> server_window_bits;
  std::optional<int> client_window_bits;
};

/// Nothing when it is another extension, or has a parameter that is unknown, wrong or given twice.
std::optional<DeflateParameters> deflate_parameters(const WebSocketExtension& extension) {
  if (!iequals(extension.name, deflate_name)) return std::nullopt;
  DeflateParameters all;
  for (auto parameter = extension.parameters.begin(); parameter != extension.parameters.end(); ++parameter) {
    const auto& [name, value] = *parameter;
    const bool repeated = std::any_of(extension.parameters.begin(), parameter,
                                      [&](const auto& before) { return iequals(before.first, parameter->first); });
    if (repeated) return std::nullopt;
    const std::optional<int> bits = window_bits(value);
    if (iequals(name, "server_no_context_takeover") && !value) {
      all.server_no_context = true;
    } else if (iequals(name, "client_no_context_takeover") && !value) {
      all.client_no_context = true;
    } else if (iequals(name, "server_max_window_bits") && bits) {
      all.server_window_bits = bits;
    } else if (iequals(name, "client_max_window_bits") && (bits || !value)) {
      all.client_window_bits = bits;
      all.any_client_window = !value;
    } else {
      return std::nullopt;
    }
  }
  return all;
}

std::string window_answer(const char* side, int bits) {
  return std::string("; ").append(side).append("_max_window_bits=").append(std::to_string(bits));
}

}  // namespace

std::string make_websocket_key() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes");
  }
  return base64(bytes.data(), bytes.size());
}

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key).append(accept_suffix);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-1");
  }
  return base64(digest.data(), size);
}

std::optional<std::vector<WebSocketExtension>> parse_extensions(std::string_view field) {
  return ExtensionReader(field).read();
}

std::string compression_offer(const WebSocketCompression& options) {
  std::string offer(deflate_name);
  offer += "; client_max_window_bits";
  if (!options.context_takeover) offer += "; client_no_context_takeover; server_no_context_takeover";
  return offer;
}

std::optional<CompressionTerms> accept_compression_answer(const WebSocketExtension& answer,
                                                          const WebSocketCompression& options) {
  const std::optional<DeflateParameters> said = deflate_parameters(answer);
  if (!said || said->any_client_window) return std::nullopt;
  CompressionTerms terms;
  terms.send_window_bits = std::min(options.window_bits, said->client_window_bits.value_or(15));
  terms.receive_window_bits = said->server_window_bits.value_or(15);
  terms.send_context = options.context_takeover && !said->client_no_context;
  terms.receive_context = !said->server_no_context;
  return terms;
}

std::optional<CompressionAgreement> accept_compression_offer(const std::vector<WebSocketExtension>& offers,
                                                             const WebSocketCompression& options) {
  for (const WebSocketExtension& offer : offers) {
    const std::optional<DeflateParameters> said = deflate_parameters(offer);
    if (!said) continue;
    CompressionAgreement made{{}, std::string(deflate_name)};
    made.terms.send_context = options.context_takeover && !said->server_no_context;
    made.terms.receive_context = options.context_takeover && !said->client_no_context;
    made.terms.send_window_bits = std::min(options.window_bits, said->server_window_bits.value_or(15));
    if (!made.terms.send_context) made.answer += "; server_no_context_takeover";
    if (!made.terms.receive_context) made.answer += "; client_no_context_takeover";
    if (said->server_window_bits) made.answer += window_answer("server", made.terms.send_window_bits);
    // Only a client that mentions its window can make it smaller.
    if (said->any_client_window || said->client_window_bits) {
      made.terms.receive_window_bits = std::min(options.window_bits, said->client_window_bits.value_or(15));
      made.answer += window_answer("client", made.terms.receive_window_bits);
    }
    return made;
  }
  return std::nullopt;
}

void check_options(const WebSocketOptions& options) {
  if (options.max_message_bytes == 0) throw std::invalid_argument("max_message_bytes must not be 0");
  if (options.max_queued_messages == 0) throw std::invalid_argument("max_queued_messages must not be 0");
  const int bits = options.compression.window_bits;
  if (bits < 9 || bits > 15) throw std::invalid_argument("compression.window_bits must be 9 to 15");
}

}  // namespace coroute::detail
