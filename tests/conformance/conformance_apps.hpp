// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The applications that the black-box cases are replayed against, one for each key of the cases.
#include "coroute/coroute.hpp"

namespace coroute::conformance {

App params_app();
App body_app();
App resp_app();
App errh_app();
App route_app();
App noredir_app();
App di_app();
App apdeps_app();
App override_app();
App sec_app();
App stream_app();
App form_app();
App docs0_app();
App docs1_app();
App golden_app();
App proxy_app();
App cors_app();
App corsall_app();
App gzip_app();
App host_app();
App httpsr_app();
App sess_app();
App bg_app();
App ws_app();

}  // namespace coroute::conformance
