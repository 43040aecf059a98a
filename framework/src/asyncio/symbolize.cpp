// SPDX-License-Identifier: BSL-1.0
// Names of code addresses. By libbacktrace, which comes with GCC's runtime, where the build found it; else only the
// exported functions are known.
#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "thread_stack.hpp"

#ifdef COROUTE_BACKTRACE_HEADER
#include COROUTE_BACKTRACE_HEADER
#endif

namespace coroute::detail {
namespace {

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : name;
}

std::string exported_name(void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || !info.dli_sname) return {};
  return demangled(info.dli_sname);
}

#ifdef COROUTE_BACKTRACE_HEADER

struct Lookup {
  std::vector<std::string> lines;
  std::string symbol;
};

backtrace_state* debug_information() {
  static backtrace_state* const state = backtrace_create_state(nullptr, 1, [](void*, const char*, int) {}, nullptr);
  return state;
}

std::vector<std::string> names_of(std::uintptr_t address) {
  Lookup found;
  const auto ignore_error = [](void*, const char*, int) {};
  const auto add_line = [](void* data, std::uintptr_t, const char* file, int line, const char* function) {
    if (!function) return 0;
    std::string text = demangled(function);
    if (file) text += " at " + std::string(file) + ":" + std::to_string(line);
    static_cast<Lookup*>(data)->lines.push_back(std::move(text));
    return 0;
  };
  backtrace_pcinfo(debug_information(), address, add_line, ignore_error, &found);
  if (!found.lines.empty()) return found.lines;
  const auto keep_symbol = [](void* data, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) {
    if (symbol) static_cast<Lookup*>(data)->symbol = demangled(symbol);
  };
  backtrace_syminfo(debug_information(), address, keep_symbol, ignore_error, &found);
  if (!found.symbol.empty()) found.lines.push_back(found.symbol);
  return found.lines;
}

#else

std::vector<std::string> names_of(std::uintptr_t) {
  return {};
}

#endif

}  // namespace

std::vector<std::string> symbolize(const ThreadStack& stack) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < stack.frame_count; ++i) {
    // A return address may belong to the line after the call; the innermost one is where the thread stood.
    const auto address = reinterpret_cast<std::uintptr_t>(stack.frames[i]) - (i == 0 ? 0 : 1);
    std::vector<std::string> names = names_of(address);
    if (names.empty()) {
      std::string name = exported_name(reinterpret_cast<void*>(address));
      if (!name.empty()) names.push_back(std::move(name));
    }
    lines.insert(lines.end(), std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
  }
  return lines;
}

}  // namespace coroute::detail
