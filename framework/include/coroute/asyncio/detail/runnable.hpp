// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The intrusive node of a loop's ready queue: one step of work, queued without allocation.
namespace coroute::detail {

struct Runnable {
  using Step = void (*)(Runnable&) noexcept;

  explicit Runnable(Step step, Step drop = nullptr) noexcept : step(step), drop(drop) {}
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;

  Step step;
  Step drop;                 ///< Called instead of `step` when the loop ends with the node queued; null: nothing to do.
  Runnable* next = nullptr;  ///< Owned by the queue that holds the node; a node is in at most one.
};

/// FIFO of nodes; used by one thread.
class RunQueue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }

  void push(Runnable& node) noexcept {
    node.next = nullptr;
    if (tail_) {
      tail_->next = &node;
    } else {
      head_ = &node;
    }
    tail_ = &node;
  }

  Runnable* pop() noexcept {
    Runnable* node = head_;
    if (node) {
      head_ = node->next;
      if (!head_) tail_ = nullptr;
    }
    return node;
  }

  /// Takes everything out of `other` and appends it here.
  void append(RunQueue& other) noexcept {
    if (other.empty()) return;
    if (tail_) {
      tail_->next = other.head_;
    } else {
      head_ = other.head_;
    }
    tail_ = other.tail_;
    other.head_ = other.tail_ = nullptr;
  }

 private:
  Runnable* head_ = nullptr;
  Runnable* tail_ = nullptr;
};

}  // namespace coroute::detail
