// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/path_params.hpp"

#include <utility>

#include "path_params_writer.hpp"

namespace coroute {

PathParams::PathParams(PathParams&& other) noexcept
    : inline_entries_{other.inline_entries_},
      more_entries_{std::move(other.more_entries_)},
      size_{std::exchange(other.size_, 0)},
      raw_path_{other.raw_path_},
      decoded_{std::move(other.decoded_)} {
  other.more_entries_.clear();
}

PathParams& PathParams::operator=(PathParams&& other) noexcept {
  if (this == &other) return *this;
  inline_entries_ = other.inline_entries_;
  more_entries_ = std::move(other.more_entries_);
  other.more_entries_.clear();
  size_ = std::exchange(other.size_, 0);
  raw_path_ = other.raw_path_;
  decoded_ = std::move(other.decoded_);
  return *this;
}

const PathParams::Entry& PathParams::entry(std::size_t index) const {
  return index < inline_capacity ? inline_entries_[index] : more_entries_[index - inline_capacity];
}

PathParam PathParams::operator[](std::size_t index) const {
  const Entry& found = entry(index);
  const char* text = raw_path_ != nullptr ? raw_path_ : decoded_.data();
  return {found.name, {text + found.begin, found.length}};
}

std::optional<std::string_view> PathParams::get(std::string_view name) const {
  for (std::size_t i = 0; i < size_; ++i) {
    if (entry(i).name == name) return (*this)[i].value;
  }
  return std::nullopt;
}

void PathParams::clear() {
  more_entries_.clear();
  size_ = 0;
  raw_path_ = nullptr;
  decoded_.clear();
}

namespace detail {

void PathParamsWriter::add(std::string_view name, std::size_t begin, std::size_t length) {
  const PathParams::Entry entry{name, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(length)};
  if (params_.size_ < PathParams::inline_capacity) {
    params_.inline_entries_[params_.size_] = entry;
  } else {
    params_.more_entries_.push_back(entry);
  }
  ++params_.size_;
}

}  // namespace detail
}  // namespace coroute
