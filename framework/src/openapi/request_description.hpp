// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What an operation takes: its parameters and its body.
#include <string>

#include "coroute/openapi/operation.hpp"
#include "openapi/document_context.hpp"

namespace coroute::detail {

/// `parameters`; an empty array when there are none.
Json describe_parameters(const Operation& operation, DocumentContext& context);

/// `requestBody`; null when there is none.
Json describe_request_body(const Operation& operation, const std::string& id, DocumentContext& context);

}  // namespace coroute::detail
