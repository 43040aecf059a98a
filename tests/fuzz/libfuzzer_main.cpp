// SPDX-License-Identifier: BSL-1.0
// libFuzzer's entry. COROUTE_FUZZ_TARGET says which of the targets: all are in one program.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "targets.hpp"

namespace {

const coroute::fuzz::Target& chosen_target() {
  const char* const name = std::getenv("COROUTE_FUZZ_TARGET");
  if (const auto* const target = coroute::fuzz::find_target(name ? name : "")) return *target;
  std::fputs("COROUTE_FUZZ_TARGET is one of:", stderr);
  for (const auto& target : coroute::fuzz::targets)
    std::fprintf(stderr, " %.*s", static_cast<int>(target.name.size()), target.name.data());
  std::fputs("\n", stderr);
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const coroute::fuzz::Target& target = chosen_target();
  target.run({reinterpret_cast<const char*>(data), size});
  return 0;
}
