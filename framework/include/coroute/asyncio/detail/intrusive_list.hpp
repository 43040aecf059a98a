// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Doubly linked list whose nodes live in the waiting coroutines' frames: nothing is allocated, removal is O(1).
#include <cstddef>

namespace coroute::detail {

struct ListNode {
  ListNode* prev = nullptr;
  ListNode* next = nullptr;

  bool linked() const noexcept { return next != nullptr; }
};

/// `T` derives from ListNode. The list never owns a node; a node must be removed before it dies.
template <class T>
class IntrusiveList {
 public:
  IntrusiveList() noexcept { head_.prev = head_.next = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const noexcept { return head_.next == &head_; }
  T& front() noexcept { return static_cast<T&>(*head_.next); }

  void push_back(T& item) noexcept {
    ListNode& node = item;
    node.prev = head_.prev;
    node.next = &head_;
    head_.prev->next = &node;
    head_.prev = &node;
  }

  static void remove(T& item) noexcept {
    ListNode& node = item;
    node.prev->next = node.next;
    node.next->prev = node.prev;
    node.prev = node.next = nullptr;
  }

  T& pop_front() noexcept {
    T& item = front();
    remove(item);
    return item;
  }

  /// The first item of which `matches(T&)` is true, or null.
  template <class Matches>
  T* find(Matches matches) {
    for (ListNode* node = head_.next; node != &head_; node = node->next) {
      if (matches(static_cast<T&>(*node))) return &static_cast<T&>(*node);
    }
    return nullptr;
  }

  /// Calls `visit(T&)` on each item; `visit` may remove the item it is given, and no other.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListNode* node = head_.next; node != &head_;) {
      ListNode* following = node->next;
      visit(static_cast<T&>(*node));
      node = following;
    }
  }

 private:
  ListNode head_;
};

}  // namespace coroute::detail
