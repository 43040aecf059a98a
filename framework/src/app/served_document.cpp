// SPDX-License-Identifier: BSL-1.0
#include "app/served_document.hpp"

#include <algorithm>
#include <utility>

#include "coroute/http/error_detail.hpp"

namespace coroute::detail {
namespace {

/// Mounts are few; but the path of one may have parameters, which clients choose.
constexpr std::size_t max_texts = 64;

}  // namespace

void ServedDocument::set(OpenApiInfo info, std::vector<Operation> operations, bool root_path_in_servers) {
  info_ = std::move(info);
  operations_ = std::move(operations);
  root_path_in_servers_ = root_path_in_servers;
  texts_.clear();
  plain_ = std::make_shared<const TaggedText>(openapi_document(info_, operations_));  // what is wrong is said now
}

std::string ServedDocument::make_text(std::string_view root_path) const {
  const bool is_named = std::any_of(info_.servers.begin(), info_.servers.end(),
                                    [&](const ApiServer& server) { return server.url == root_path; });
  if (is_named) return plain_->text();
  OpenApiInfo info = info_;
  if (!info.servers.empty()) {
    info.servers.insert(info.servers.begin(), ApiServer{std::string(root_path), {}});
    return openapi_document(info, operations_);
  }
  // Where FastAPI has it.
  std::string text = plain_->text();
  text.pop_back();
  return text + R"(,"servers":[{"url":)" + json_quoted(root_path) + "}]}";
}

std::shared_ptr<const TaggedText> ServedDocument::text_for(std::string_view root_path) {
  if (!root_path_in_servers_ || root_path.empty()) return plain_;
  {
    const std::lock_guard lock(mutex_);
    const auto found = texts_.find(root_path);
    if (found != texts_.end()) return found->second;
  }
  auto text = std::make_shared<const TaggedText>(make_text(root_path));  // others need not wait for that
  const std::lock_guard lock(mutex_);
  if (texts_.size() < max_texts) texts_.emplace(root_path, text);
  return text;
}

}  // namespace coroute::detail
