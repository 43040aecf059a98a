// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A double-ended queue in one block of memory that doubles when it is full: no allocation in steady state.
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace coroute::detail {

/// A push that throws std::bad_alloc has not touched the item. Popping from an empty one is undefined.
template <class T>
class RingBuffer {
  static_assert(std::is_nothrow_move_constructible_v<T>, "items are moved when the buffer grows: it must not throw");

 public:
  RingBuffer() noexcept = default;
  RingBuffer(RingBuffer&& other) noexcept { swap(other); }
  RingBuffer& operator=(RingBuffer&& other) noexcept {
    RingBuffer taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~RingBuffer() { reset(); }

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }

  void push_back(T&& item);
  void push_front(T&& item);
  T pop_front() noexcept;
  T pop_back() noexcept;

  /// Gives the memory of a burst back once everything has been popped.
  void trim() noexcept {
    if (size_ == 0 && capacity_ > kept_capacity) reset();
  }

 private:
  static constexpr std::size_t first_capacity = 16;
  static constexpr std::size_t kept_capacity = 1024;

  T* slot(std::size_t index) const noexcept { return slots_ + ((head_ + index) & (capacity_ - 1)); }
  static T take(T* slot) noexcept;
  void grow();
  void reset() noexcept;
  void swap(RingBuffer& other) noexcept;

  T* slots_ = nullptr;
  std::size_t capacity_ = 0;  // a power of two, or 0
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

// Implementation

template <class T>
void RingBuffer<T>::push_back(T&& item) {
  if (size_ == capacity_) grow();
  std::construct_at(slot(size_), std::move(item));
  ++size_;
}

template <class T>
void RingBuffer<T>::push_front(T&& item) {
  if (size_ == capacity_) grow();
  head_ = (head_ + capacity_ - 1) & (capacity_ - 1);
  std::construct_at(slot(0), std::move(item));
  ++size_;
}

template <class T>
T RingBuffer<T>::take(T* slot) noexcept {
  T item(std::move(*slot));
  std::destroy_at(slot);
  return item;
}

template <class T>
T RingBuffer<T>::pop_front() noexcept {
  T* const first = slot(0);
  head_ = (head_ + 1) & (capacity_ - 1);
  --size_;
  return take(first);
}

template <class T>
T RingBuffer<T>::pop_back() noexcept {
  --size_;
  return take(slot(size_));
}

template <class T>
void RingBuffer<T>::grow() {
  RingBuffer larger;
  const std::size_t capacity = capacity_ == 0 ? first_capacity : capacity_ * 2;
  larger.slots_ = std::allocator<T>().allocate(capacity);
  larger.capacity_ = capacity;
  while (size_ > 0)
    larger.push_back(pop_front());
  swap(larger);
}

template <class T>
void RingBuffer<T>::reset() noexcept {
  for (std::size_t i = 0; i < size_; ++i)
    std::destroy_at(slot(i));
  if (slots_) std::allocator<T>().deallocate(slots_, capacity_);
  slots_ = nullptr;
  capacity_ = head_ = size_ = 0;
}

template <class T>
void RingBuffer<T>::swap(RingBuffer& other) noexcept {
  std::swap(slots_, other.slots_);
  std::swap(capacity_, other.capacity_);
  std::swap(head_, other.head_);
  std::swap(size_, other.size_);
}

}  // namespace coroute::detail
