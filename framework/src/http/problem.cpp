// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/problem.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "coroute/json.hpp"
#include "problem_text.hpp"

namespace coroute {
namespace {

constexpr std::array<std::string_view, 5> standard_members{"type", "title", "status", "detail", "instance"};

std::string summary(const Problem& problem) {
  return !problem.detail.empty()  ? problem.detail
         : !problem.title.empty() ? problem.title
                                  : std::string(reason_phrase(problem.status));
}

}  // namespace

ProblemException::ProblemException(Problem problem, Headers headers)
    : HttpException(problem.status, summary(problem), std::move(headers)), problem_(std::move(problem)) {}

ProblemException& ProblemException::with(std::string_view member, const Json& value) {
  const bool standard = std::find(standard_members.begin(), standard_members.end(), member) != standard_members.end();
  const bool again = std::find(names_.begin(), names_.end(), member) != names_.end();
  if (member.empty() || standard || again) {
    throw std::invalid_argument("a problem can't have another member \"" + std::string(member) + "\"");
  }
  std::string text = ",";
  detail::append_json_quoted(text, member);
  text.append(":").append(to_json_text(value));
  names_.emplace_back(member);
  extensions_ += text;
  return *this;
}

std::string ProblemException::problem_json(std::string_view instance) const {
  detail::ProblemText text(problem_.status);
  text.type = problem_.type;
  text.title = problem_.title;
  if (!problem_.detail.empty()) text.detail = json_quoted(problem_.detail);
  text.instance = problem_.instance.empty() ? instance : std::string_view(problem_.instance);
  text.extensions = extensions_;
  return text.to_json();
}

}  // namespace coroute
