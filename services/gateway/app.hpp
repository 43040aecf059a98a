// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A gateway in front of named backends: fetches from several at once and says what each answered.
#include <memory>

#include "backends.hpp"
#include "coroute/app/app.hpp"

namespace gateway {

coroute::App make_app(std::shared_ptr<Backends> backends);

}  // namespace gateway
