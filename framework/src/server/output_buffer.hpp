// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Bytes on their way to the client; grows without initialising what is about to be written.
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace coroute::detail {

class OutputBuffer {
 public:
  bool empty() const noexcept { return begin_ == end_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  std::string_view view() const noexcept { return {data_.get() + begin_, size()}; }

  /// Room for `size` more bytes; write at the result, then `commit`.
  char* prepare(std::size_t size) {
    if (capacity_ - end_ < size) make_room(size);
    return data_.get() + end_;
  }
  void commit(std::size_t size) noexcept { end_ += size; }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void consume(std::size_t size) noexcept {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void clear() noexcept { begin_ = end_ = 0; }
  std::size_t capacity() const noexcept { return capacity_; }
  void release() noexcept {
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t first_capacity = 4096;

  /// Moves down what is left when that is little, so that a buffer which is never drained completely doesn't grow.
  void make_room(std::size_t size) {
    const std::size_t used = this->size();
    if (used <= capacity_ / 2 && capacity_ - used >= size) {
      std::memmove(data_.get(), data_.get() + begin_, used);
    } else {
      grow(size);
    }
    begin_ = 0;
    end_ = used;
  }
  void grow(std::size_t size) {
    const std::size_t used = this->size();
    std::size_t capacity = capacity_ == 0 ? first_capacity : capacity_ * 2;
    while (capacity - used < size)
      capacity *= 2;
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (used > 0) std::memcpy(larger.get(), data_.get() + begin_, used);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace coroute::detail
