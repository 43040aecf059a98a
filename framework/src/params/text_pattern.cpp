// SPDX-License-Identifier: BSL-1.0
#include "params/text_pattern.hpp"

#include <re2/re2.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace coroute::detail {
namespace {

struct Compiled {
  std::mutex mutex;
  std::unordered_map<std::string, std::unique_ptr<const RE2>> by_text;
};
Compiled& compiled() {
  static auto* const all = new Compiled;  // never destroyed: threads may still answer requests at the end
  return *all;
}

const RE2& compile(std::string_view expression) {
  Compiled& all = compiled();
  const std::lock_guard lock(all.mutex);
  auto& slot = all.by_text[std::string(expression)];
  if (!slot) {
    RE2::Options options;
    options.set_log_errors(false);
    slot = std::make_unique<const RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  }
  if (!slot->ok()) {
    throw std::invalid_argument("pattern '" + std::string(expression) + "' is no regular expression: " + slot->error());
  }
  return *slot;
}

}  // namespace

bool occurs_in(std::string_view expression, std::string_view text) {
  thread_local std::unordered_map<const char*, const RE2*> known;
  const RE2*& found = known[expression.data()];
  if (!found) found = &compile(expression);
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *found);
}

void compile_pattern(std::string_view expression) {
  compile(expression);
}

}  // namespace coroute::detail
