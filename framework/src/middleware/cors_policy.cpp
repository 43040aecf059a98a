// SPDX-License-Identifier: BSL-1.0
#include "cors_policy.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "coroute/http/headers.hpp"

namespace coroute::detail {
namespace {

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

template <class T>
std::string joined(const T& texts) {
  std::string all;
  for (const std::string& text : texts)
    all.append(all.empty() ? "" : ", ").append(text);
  return all;
}

}  // namespace

CorsPolicy::CorsPolicy(CorsOptions given)
    : options_(std::move(given)),
      all_origins_(contains(options_.allow_origins, "*")),
      all_headers_(contains(options_.allow_headers, "*")) {
  if (contains(options_.allow_methods, "*"))
    options_.allow_methods = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
  headers_.insert(options_.allow_headers.begin(), options_.allow_headers.end());
  if (options_.allow_origin_regex.empty()) return;
  regex_ = std::make_unique<const RE2>(options_.allow_origin_regex, RE2::Quiet);
  if (!regex_->ok()) throw std::invalid_argument("allow_origin_regex is no regular expression: " + regex_->error());
}

CorsPolicy::~CorsPolicy() = default;

bool CorsPolicy::allows_origin(std::string_view origin) const {
  if (all_origins_ || contains(options_.allow_origins, origin)) return true;
  return regex_ && RE2::FullMatch(re2::StringPiece(origin.data(), origin.size()), *regex_);
}

bool CorsPolicy::allows_method(std::string_view method) const {
  return contains(options_.allow_methods, method);
}

bool CorsPolicy::allows_headers(std::string_view names) const {
  if (all_headers_) return true;
  while (true) {
    const std::size_t comma = names.find(',');
    std::string_view name = names.substr(0, comma);
    name.remove_prefix(std::min(name.find_first_not_of(" \t"), name.size()));
    name = name.substr(0, name.find_last_not_of(" \t") + 1);
    const auto same = [&](const std::string& allowed) { return iequals(allowed, name); };
    if (std::none_of(headers_.begin(), headers_.end(), same)) return false;
    if (comma == std::string_view::npos) return true;
    names.remove_prefix(comma + 1);
  }
}

std::string CorsPolicy::methods() const {
  return joined(options_.allow_methods);
}

std::string CorsPolicy::headers() const {
  return joined(headers_);
}

std::string CorsPolicy::exposed_headers() const {
  return joined(options_.expose_headers);
}

}  // namespace coroute::detail
