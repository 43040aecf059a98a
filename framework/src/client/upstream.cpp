// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/upstream.hpp"

#include <utility>

#include "client_core.hpp"
#include "upstream_core.hpp"

namespace coroute {

Upstream::Upstream(UpstreamOptions options) : Client(options.client) {
  core()->set_upstream(std::make_unique<detail::UpstreamCore>(std::move(options)));
}

UpstreamStats Upstream::stats() const {
  return core()->upstream()->stats();
}

}  // namespace coroute
