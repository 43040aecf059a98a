// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/exception_group.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "coroute/asyncio/task.hpp"

namespace coroute {
namespace {

constexpr std::size_t max_what_length = 1'000;

std::optional<ExceptionGroup> as_group(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ExceptionGroup& group) {
    return group;
  } catch (...) {
    return std::nullopt;
  }
}

void check_groupable(const std::exception_ptr& error) {
  if (!error) throw std::invalid_argument("ExceptionGroup: an exception is null");
  try {
    std::rethrow_exception(error);
  } catch (const std::exception&) {
  } catch (...) {
    throw std::invalid_argument("ExceptionGroup: holds only exceptions that derive from std::exception");
  }
}

bool is_match(const std::exception_ptr& error, const ExceptionGroup::Predicate& matches) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return matches(exception);
  }
}

std::string count_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " sub-exception" : " sub-exceptions");
}

std::string what_text(const std::string& message, const std::vector<std::exception_ptr>& exceptions) {
  std::string text = message + " (" + count_text(exceptions.size());
  const char* separator = ": ";
  for (const std::exception_ptr& error : exceptions) {
    const std::string description = describe_exception(error);
    if (text.size() + description.size() > max_what_length) {
      text.append(separator).append("...");
      break;
    }
    text.append(separator).append(description);
    separator = "; ";
  }
  return text + ")";
}

}  // namespace

struct ExceptionGroup::Content {
  std::string message;
  std::string what;
  std::vector<std::exception_ptr> exceptions;
  std::vector<std::vector<StackEntry>> stacks;  // one for each of `exceptions`
  std::size_t depth = 1;

  void add(std::exception_ptr error, std::vector<StackEntry> stack) {
    if (const std::optional<ExceptionGroup> group = as_group(error)) {
      const Content& inner = *group->content_;
      if (inner.depth >= max_depth) {
        for (std::size_t i = 0; i < inner.exceptions.size(); ++i)
          push(inner.exceptions[i], inner.stacks[i]);
        depth = max_depth;
        return;
      }
      depth = std::max(depth, inner.depth + 1);
    }
    push(std::move(error), std::move(stack));
  }

  void push(std::exception_ptr error, std::vector<StackEntry> stack) {
    exceptions.push_back(std::move(error));
    stacks.push_back(std::move(stack));
  }
};

ExceptionGroup::ExceptionGroup(std::string message, std::vector<std::exception_ptr> exceptions,
                               std::vector<std::vector<StackEntry>> stacks) {
  if (exceptions.empty()) throw std::invalid_argument("ExceptionGroup: needs at least one exception");
  std::for_each(exceptions.begin(), exceptions.end(), check_groupable);
  stacks.resize(exceptions.size());
  const auto content = std::make_shared<Content>();
  for (std::size_t i = 0; i < exceptions.size(); ++i)
    content->add(std::move(exceptions[i]), std::move(stacks[i]));
  content->message = std::move(message);
  content->what = what_text(content->message, content->exceptions);
  content_ = content;
}

const char* ExceptionGroup::what() const noexcept {
  return content_->what.c_str();
}

const std::string& ExceptionGroup::message() const noexcept {
  return content_->message;
}

const std::vector<std::exception_ptr>& ExceptionGroup::exceptions() const noexcept {
  return content_->exceptions;
}

const std::vector<StackEntry>& ExceptionGroup::stack(std::size_t index) const {
  return content_->stacks.at(index);
}

std::vector<std::exception_ptr> ExceptionGroup::leaves() const {
  std::vector<std::exception_ptr> leaves;
  append_leaves(leaves);
  return leaves;
}

void ExceptionGroup::append_leaves(std::vector<std::exception_ptr>& leaves) const {
  for (const std::exception_ptr& error : exceptions()) {
    if (const std::optional<ExceptionGroup> group = as_group(error)) {
      group->append_leaves(leaves);
    } else {
      leaves.push_back(error);
    }
  }
}

std::string ExceptionGroup::tree() const {
  std::string text;
  append_tree(text, 0);
  return text;
}

void ExceptionGroup::append_tree(std::string& text, std::size_t indent) const {
  text.append(message()).append(" (").append(count_text(exceptions().size())).append(")\n");
  const std::string margin(indent + 2, ' ');
  for (std::size_t i = 0; i < exceptions().size(); ++i) {
    text.append(margin).append(std::to_string(i + 1)).append(": ");
    if (const std::optional<ExceptionGroup> group = as_group(exceptions()[i])) {
      group->append_tree(text, indent + 2);
    } else {
      text.append(describe_exception(exceptions()[i])).append("\n");
    }
    for (const StackEntry& entry : stack(i)) {
      text.append(margin).append("   at ").append(entry.function).append(" (").append(entry.file).append(":");
      text.append(std::to_string(entry.line)).append(")\n");
    }
  }
}

std::optional<ExceptionGroup> ExceptionGroup::derive(std::vector<std::exception_ptr> exceptions,
                                                     std::vector<std::vector<StackEntry>> stacks) const {
  if (exceptions.empty()) return std::nullopt;
  return ExceptionGroup(message(), std::move(exceptions), std::move(stacks));
}

ExceptionGroup::Split ExceptionGroup::split(const Predicate& matches) const {
  if (matches(*this)) return {*this, std::nullopt};
  struct Half {
    void add(std::exception_ptr error, const std::vector<StackEntry>& stack) {
      exceptions.push_back(std::move(error));
      stacks.push_back(stack);
    }
    void add(const std::optional<ExceptionGroup>& group, const std::vector<StackEntry>& stack) {
      if (group) add(std::make_exception_ptr(*group), stack);
    }
    std::vector<std::exception_ptr> exceptions;
    std::vector<std::vector<StackEntry>> stacks;
  };
  Half match;
  Half rest;
  for (std::size_t i = 0; i < exceptions().size(); ++i) {
    const std::exception_ptr& error = exceptions()[i];
    if (const std::optional<ExceptionGroup> group = as_group(error)) {
      const Split inner = group->split(matches);
      match.add(inner.first, stack(i));
      rest.add(inner.second, stack(i));
    } else {
      (is_match(error, matches) ? match : rest).add(error, stack(i));
    }
  }
  return {derive(std::move(match.exceptions), std::move(match.stacks)),
          derive(std::move(rest.exceptions), std::move(rest.stacks))};
}

bool ExceptionGroup::contains(const Predicate& matches) const {
  if (matches(*this)) return true;
  return std::any_of(exceptions().begin(), exceptions().end(), [&matches](const std::exception_ptr& error) {
    const std::optional<ExceptionGroup> group = as_group(error);
    return group ? group->contains(matches) : is_match(error, matches);
  });
}

}  // namespace coroute
