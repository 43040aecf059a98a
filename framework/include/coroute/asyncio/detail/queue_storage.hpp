// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Where a queue keeps its items, which decides their order: first in, last in, or smallest first.
///
/// A storage has `push` (throws std::bad_alloc before it touches the item), `pop`, `give_back` for an item that was
/// popped and not used, `take_all`, and `trim`, which gives memory back when everything has been popped.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "coroute/asyncio/detail/ring_buffer.hpp"

namespace coroute::detail {

template <class T>
class FifoStorage {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void push(T&& item) { items_.push_back(std::move(item)); }
  T pop() noexcept { return items_.pop_front(); }
  void give_back(T&& item) { items_.push_front(std::move(item)); }
  RingBuffer<T> take_all() noexcept { return std::move(items_); }
  void trim() noexcept { items_.trim(); }

 private:
  RingBuffer<T> items_;
};

template <class T>
class LifoStorage {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void push(T&& item) { items_.push_back(std::move(item)); }
  T pop() noexcept { return items_.pop_back(); }
  void give_back(T&& item) { items_.push_back(std::move(item)); }
  RingBuffer<T> take_all() noexcept { return std::move(items_); }
  void trim() noexcept { items_.trim(); }

 private:
  RingBuffer<T> items_;
};

/// A binary heap, smallest first; equal items leave in the order in which they came, so that none of them starves.
template <class T, class Compare>
class HeapStorage {
 public:
  explicit HeapStorage(Compare compare = Compare()) : compare_(std::move(compare)) {}

  std::size_t size() const noexcept { return entries_.size(); }
  void push(T&& item) { insert(std::move(item), next_back_++); }
  T pop() noexcept;
  void give_back(T&& item) { insert(std::move(item), --next_front_); }
  auto take_all() noexcept { return std::exchange(entries_, Entries()); }
  void trim() noexcept {
    if (entries_.empty() && entries_.capacity() > kept_capacity) Entries().swap(entries_);
  }

 private:
  struct Entry {
    Entry(T&& item, std::int64_t number) noexcept : item(std::move(item)), number(number) {}
    T item;
    std::int64_t number;  // of arrival; items given back are before all others
  };
  using Entries = std::vector<Entry>;
  static constexpr std::size_t first_capacity = 16;
  static constexpr std::size_t kept_capacity = 1024;

  void insert(T&& item, std::int64_t number);
  bool is_before(const Entry& left, const Entry& right) const noexcept;
  static void replace(Entry& target, Entry&& source) noexcept;

  Entries entries_;
  std::int64_t next_back_ = 0;
  std::int64_t next_front_ = 0;
  Compare compare_;
};

// Implementation

template <class T, class Compare>
bool HeapStorage<T, Compare>::is_before(const Entry& left, const Entry& right) const noexcept {
  if (compare_(left.item, right.item)) return true;
  if (compare_(right.item, left.item)) return false;
  return left.number < right.number;
}

/// Like assignment, which a type that can only be constructed by moving doesn't have.
template <class T, class Compare>
void HeapStorage<T, Compare>::replace(Entry& target, Entry&& source) noexcept {
  std::destroy_at(&target);
  std::construct_at(&target, std::move(source));
}

template <class T, class Compare>
void HeapStorage<T, Compare>::insert(T&& item, std::int64_t number) {
  if (entries_.size() == entries_.capacity()) {
    entries_.reserve(entries_.empty() ? first_capacity : entries_.size() * 2);
  }
  std::size_t hole = entries_.size();
  Entry added(std::move(item), number);
  if (hole == 0 || !is_before(added, entries_[(hole - 1) / 2])) {
    entries_.push_back(std::move(added));
    return;
  }
  entries_.push_back(std::move(entries_[(hole - 1) / 2]));
  hole = (hole - 1) / 2;
  while (hole > 0 && is_before(added, entries_[(hole - 1) / 2])) {
    replace(entries_[hole], std::move(entries_[(hole - 1) / 2]));
    hole = (hole - 1) / 2;
  }
  replace(entries_[hole], std::move(added));
}

template <class T, class Compare>
T HeapStorage<T, Compare>::pop() noexcept {
  T smallest(std::move(entries_.front().item));
  Entry last(std::move(entries_.back()));
  entries_.pop_back();
  const std::size_t count = entries_.size();
  if (count == 0) return smallest;
  std::size_t hole = 0;
  while (true) {
    std::size_t child = 2 * hole + 1;
    if (child >= count) break;
    if (child + 1 < count && is_before(entries_[child + 1], entries_[child])) ++child;
    if (!is_before(entries_[child], last)) break;
    replace(entries_[hole], std::move(entries_[child]));
    hole = child;
  }
  replace(entries_[hole], std::move(last));
  return smallest;
}

}  // namespace coroute::detail
