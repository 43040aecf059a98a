// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What is fuzzed: functions that take any bytes, run the code that a request with them runs, and check what must hold.
#include <array>
#include <string_view>

namespace coroute::fuzz {

void form(std::string_view input);
void json_model(std::string_view input);
void json_reader(std::string_view input);
void jwt(std::string_view input);
void cookie(std::string_view input);
void event_stream(std::string_view input);
void header(std::string_view input);
void path(std::string_view input);
void proxy_protocol(std::string_view input);
void query(std::string_view input);
void request_head(std::string_view input);
void text_values(std::string_view input);
void urls(std::string_view input);
void websocket(std::string_view input);

struct Target {
  std::string_view name;  ///< Of its folder in corpus/ and its file in dictionaries/ too.
  void (*run)(std::string_view input);
};

inline constexpr std::array targets{
    Target{"cookie", &cookie},
    Target{"event_stream", &event_stream},
    Target{"form", &form},
    Target{"header", &header},
    Target{"json_model", &json_model},
    Target{"json_reader", &json_reader},
    Target{"jwt", &jwt},
    Target{"path", &path},
    Target{"proxy_protocol", &proxy_protocol},
    Target{"query", &query},
    Target{"request_head", &request_head},
    Target{"text_values", &text_values},
    Target{"urls", &urls},
    Target{"websocket", &websocket},
};

/// Null for an unknown name.
constexpr const Target* find_target(std::string_view name) {
  for (const Target& target : targets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

}  // namespace coroute::fuzz
