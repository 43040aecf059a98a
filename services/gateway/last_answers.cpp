// SPDX-License-Identifier: BSL-1.0
#include "last_answers.hpp"

#include <utility>

namespace gateway {

void LastAnswers::keep(std::string_view path, Answer answer) {
  if (answer.body.size() > max_body_bytes) return;
  const std::lock_guard lock(mutex_);
  if (const auto known = places_.find(path); known != places_.end()) {
    known->second->answer = std::move(answer);
    entries_.splice(entries_.begin(), entries_, known->second);
    return;
  }
  if (entries_.size() >= max_paths) {
    places_.erase(entries_.back().path);
    entries_.pop_back();
  }
  entries_.push_front({std::string(path), std::move(answer)});
  places_.emplace(entries_.front().path, entries_.begin());
}

std::optional<LastAnswers::Answer> LastAnswers::find(std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto known = places_.find(path);
  if (known == places_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, known->second);
  return known->second->answer;
}

}  // namespace gateway
