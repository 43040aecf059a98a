// SPDX-License-Identifier: BSL-1.0
#pragma once
/// An error that is answered with problem details of its own (RFC 9457).
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/http_exception.hpp"

namespace coroute {

struct Problem {
  Status status = Status::InternalServerError;
  std::string type = "about:blank";  ///< A URI that names the kind of problem.
  std::string title = {};            ///< Of the kind, the same each time; empty: the status's reason phrase.
  std::string detail = {};           ///< Of this occurrence; empty: left out.
  std::string instance = {};         ///< A URI that names this occurrence; empty: the path of the request.
};

/// Answered as `application/problem+json`, whether or not the application answers its other errors so.
///
///     throw ProblemException({.status = 409, .type = "https://shop.example/problems/sold-out", .title = "Sold out"})
///         .with("sku", sku).with("left", 0);
class ProblemException : public HttpException {
 public:
  explicit ProblemException(Problem problem, Headers headers = {});

  /// An extension member. std::invalid_argument for one of the five that every problem has, for a name that was given
  /// before, and for the empty name.
  ProblemException& with(std::string_view member, const Json& value);

  const Problem& problem() const noexcept { return problem_; }
  std::string problem_json(std::string_view instance) const override;
  bool is_problem() const noexcept override { return true; }

 private:
  Problem problem_;
  std::vector<std::string> names_;  // of the extensions
  std::string extensions_;          // JSON text: a comma before each member
};

}  // namespace coroute
