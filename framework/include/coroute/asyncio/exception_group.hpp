// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Several errors thrown as one: Python's ExceptionGroup (PEP 654).
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/function.hpp"

namespace coroute {

/// What a `task_group` throws. Copies share one content and don't throw. Where Python has `except*`, split it:
///
///     } catch (const ExceptionGroup& group) {
///       auto [timeouts, rest] = group.split<TimeoutError>();
///       if (timeouts) log(timeouts->what());
///       if (rest) throw *rest;
///     }
///
/// Since it is a std::exception it holds nothing else: no Cancelled, for instance.
class ExceptionGroup : public std::exception {
 public:
  using Predicate = Function<bool(const std::exception&)>;
  using Split = std::pair<std::optional<ExceptionGroup>, std::optional<ExceptionGroup>>;

  /// Nesting beyond this many levels is flattened, so that taking a group apart needs a bounded stack.
  static constexpr std::size_t max_depth = 200;

  /// `stacks`: the await chain along which each one was thrown, in the same order, as far as known.
  /// std::invalid_argument when there is none, a null one, or one that isn't a std::exception.
  ExceptionGroup(std::string message, std::vector<std::exception_ptr> exceptions,
                 std::vector<std::vector<StackEntry>> stacks = {});
  ExceptionGroup(const ExceptionGroup&) noexcept = default;
  ExceptionGroup& operator=(const ExceptionGroup&) noexcept = default;

  /// One line: the message, how many there are, and their texts as far as they fit.
  const char* what() const noexcept override;
  const std::string& message() const noexcept;
  /// In the order in which they were thrown; may be groups themselves.
  const std::vector<std::exception_ptr>& exceptions() const noexcept;
  /// The await chain of `exceptions()[index]`, innermost first; empty when unknown.
  const std::vector<StackEntry>& stack(std::size_t index) const;
  /// Those that aren't groups, of all levels, from left to right.
  std::vector<std::exception_ptr> leaves() const;
  /// Several lines: each error numbered, with its await chain, nested groups indented.
  std::string tree() const;

  /// Those that match and those that don't, in the nesting they have here; nullopt when there is none. Groups are asked
  /// before their content: one that matches is taken whole, so what is returned may share this content.
  Split split(const Predicate& matches) const;
  template <class E>
  Split split() const {
    return split(&is_a<E>);
  }
  /// The first half of `split`.
  std::optional<ExceptionGroup> subgroup(const Predicate& matches) const { return split(matches).first; }
  template <class E>
  std::optional<ExceptionGroup> subgroup() const {
    return split(&is_a<E>).first;
  }
  /// True when `subgroup` would find something.
  bool contains(const Predicate& matches) const;
  template <class E>
  bool contains() const {
    return contains(&is_a<E>);
  }

 private:
  struct Content;

  template <class E>
  static bool is_a([[maybe_unused]] const std::exception& error) {
    if constexpr (std::is_same_v<E, std::exception>) {
      return true;
    } else {
      return dynamic_cast<const E*>(&error) != nullptr;
    }
  }
  std::optional<ExceptionGroup> derive(std::vector<std::exception_ptr> exceptions,
                                       std::vector<std::vector<StackEntry>> stacks) const;
  void append_leaves(std::vector<std::exception_ptr>& leaves) const;
  void append_tree(std::string& text, std::size_t indent) const;

  std::shared_ptr<const Content> content_;
};

}  // namespace coroute
