// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The OpenAPI document as it is served: below a proxy or a mount it names that place as its server.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/openapi/docs.hpp"
#include "coroute/openapi/document.hpp"

namespace coroute::detail {

class ServedDocument {
 public:
  /// Before serving. Not `root_path_in_servers`: it is the same everywhere.
  void set(OpenApiInfo info, std::vector<Operation> operations, bool root_path_in_servers);
  /// Any thread.
  std::shared_ptr<const TaggedText> text_for(std::string_view root_path);

 private:
  std::string make_text(std::string_view root_path) const;

  OpenApiInfo info_;
  std::vector<Operation> operations_;
  bool root_path_in_servers_ = true;
  std::shared_ptr<const TaggedText> plain_;  // as it is where nothing is taken off the path
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const TaggedText>, std::less<>> texts_;  // by root path
};

}  // namespace coroute::detail
