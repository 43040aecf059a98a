// SPDX-License-Identifier: BSL-1.0
#include "coroute/openapi/operation_id.hpp"

#include "http/byte_set.hpp"

namespace coroute {
namespace {

/// Python's \w, but that all bytes beyond ASCII count.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

void append_lower(std::string& text, std::string_view method) {
  for (const char c : method)
    text.push_back(detail::ascii_lower(c));
}

}  // namespace

std::string default_operation_id(std::string_view name, std::string_view path, std::string_view method) {
  if (!name.empty()) return std::string(name);
  std::string id;
  append_lower(id, method);
  bool in_word = false;
  for (const char c : path) {
    if (is_word(c) && !in_word) id.push_back('_');
    in_word = is_word(c);
    if (in_word) id.push_back(c);
  }
  return id;
}

std::string fastapi_operation_id(std::string_view name, std::string_view path, std::string_view method) {
  std::string id = std::string(name) + std::string(path);
  for (char& c : id) {
    if (!is_word(c)) c = '_';
  }
  id.push_back('_');
  append_lower(id, method);
  return id;
}

std::string fastapi_operation_id(const Operation& operation) {
  return fastapi_operation_id(operation.name, operation.path, operation.method);
}

}  // namespace coroute
