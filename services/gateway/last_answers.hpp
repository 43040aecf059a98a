// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a backend answered last, for when it answers no more.
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/asyncio/clock.hpp"

namespace gateway {

/// Of so many paths, those asked for last. Any thread.
class LastAnswers {
 public:
  static constexpr std::size_t max_paths = 256;
  static constexpr std::size_t max_body_bytes = 64 * 1024;  ///< Larger ones aren't kept.

  struct Answer {
    std::string body;
    coroute::Clock::time_point when;
  };

  void keep(std::string_view path, Answer answer);
  std::optional<Answer> find(std::string_view path);

 private:
  struct Entry;
  using Entries = std::list<Entry>;
  struct Entry {
    std::string path;
    Answer answer;
  };

  std::mutex mutex_;
  Entries entries_;  // the one used last in front
  std::map<std::string_view, Entries::iterator> places_;
};

}  // namespace gateway
