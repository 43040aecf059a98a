// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What routes of a room have in common.
#include <string>

#include "app.hpp"
#include "coroute/params/parameter.hpp"
#include "coroute/security/oauth2.hpp"

namespace chat {

/// A dependency: the room of the path; 404 when there is none.
std::string known_room(coroute::Path<std::string, "room"> room, coroute::Singleton<the_chat> chat);

/// Throws 429 when the user has said too much.
void count_message(const Chat& chat, const User& user);

}  // namespace chat
