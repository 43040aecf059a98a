// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A map that forgets what was not used for longest.
#include <cstddef>
#include <limits>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace coroute::detail {

/// Bounded by number and by weight. A tree: clients choose keys, and could make those of a hash table collide. Needs a
/// lock around it.
template <class T>
class LruMap {
 public:
  explicit LruMap(std::size_t max_entries, std::size_t max_weight = std::numeric_limits<std::size_t>::max())
      : max_entries_(max_entries), max_weight_(max_weight) {}

  /// Null when it isn't there. Valid until the next call of another function.
  T* find(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  /// In place of what was there. False: it is heavier than all may be together, and not kept.
  bool put(std::string_view key, T value, std::size_t weight = 0) {
    erase(key);
    if (weight > max_weight_ || max_entries_ == 0) return false;
    while (entries_.size() >= max_entries_ || weight_ + weight > max_weight_)
      erase(entries_.back().key);
    entries_.push_front({std::string(key), std::move(value), weight});
    index_.emplace(entries_.front().key, entries_.begin());
    weight_ += weight;
    return true;
  }

  void erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const auto entry = found->second;
    index_.erase(found);
    weight_ -= entry->weight;
    entries_.erase(entry);
  }

  /// `key` and all that begin with it and a line feed.
  void erase_with_variants(std::string_view key) {
    auto each = index_.lower_bound(key);
    while (each != index_.end() && each->first.starts_with(key)) {
      const auto entry = each->second;
      if (entry->key.size() > key.size() && entry->key[key.size()] != '\n') break;
      each = index_.erase(each);
      weight_ -= entry->weight;
      entries_.erase(entry);
    }
  }

  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t weight() const noexcept { return weight_; }

 private:
  struct Entry {
    std::string key;
    T value;
    std::size_t weight;
  };

  std::size_t max_entries_;
  std::size_t max_weight_;
  std::size_t weight_ = 0;
  std::list<Entry> entries_;  // the last one was not used for longest
  std::map<std::string_view, typename std::list<Entry>::iterator, std::less<>> index_;
};

}  // namespace coroute::detail
