// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What an operation answers.
#include <string>

#include "coroute/openapi/operation.hpp"
#include "openapi/document_context.hpp"

namespace coroute::detail {

/// `responses`.
Json describe_responses(const Operation& operation, const std::string& id, DocumentContext& context);

}  // namespace coroute::detail
