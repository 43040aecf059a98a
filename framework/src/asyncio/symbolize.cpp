// SPDX-License-Identifier: BSL-1.0
// Names of code addresses. By libbacktrace, which comes with GCC's runtime, where the build found it; else only the
// exported functions are known.
#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <new>
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
  std::vector<ThreadStackEntry> entries;
  std::string symbol;
};

backtrace_state* debug_information() {
  static backtrace_state* const state = backtrace_create_state(nullptr, 1, [](void*, const char*, int) {}, nullptr);
  return state;
}

// Called from C, so they must not throw: without memory a name is missing.

int add_entry(void* data, std::uintptr_t, const char* file, int line, const char* function) noexcept {
  try {
    ThreadStackEntry entry;
    if (function) entry.function = demangled(function);
    if (file) entry.file = file;
    if (file) entry.line = static_cast<unsigned>(line);
    static_cast<Lookup*>(data)->entries.push_back(std::move(entry));
  } catch (const std::bad_alloc&) {
  }
  return 0;
}

void keep_symbol(void* data, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) noexcept {
  if (!symbol) return;
  try {
    static_cast<Lookup*>(data)->symbol = demangled(symbol);
  } catch (const std::bad_alloc&) {
  }
}

void ignore_error(void*, const char*, int) noexcept {}

/// Inlined functions first. The one that they are in has its full name in the symbol table only, where the debug
/// information is no more than line numbers.
std::vector<ThreadStackEntry> functions_at(std::uintptr_t address) {
  Lookup found;
  backtrace_pcinfo(debug_information(), address, &add_entry, &ignore_error, &found);
  backtrace_syminfo(debug_information(), address, &keep_symbol, &ignore_error, &found);
  if (found.entries.empty()) found.entries.emplace_back();
  if (!found.symbol.empty()) found.entries.back().function = std::move(found.symbol);
  std::erase_if(found.entries, [](const ThreadStackEntry& entry) { return entry.function.empty(); });
  return std::move(found.entries);
}

#else

std::vector<ThreadStackEntry> functions_at(std::uintptr_t) {
  return {};
}

#endif

}  // namespace

std::vector<ThreadStackEntry> symbolize(const ThreadStack& stack) {
  std::vector<ThreadStackEntry> all;
  for (std::size_t i = 0; i < stack.frame_count; ++i) {
    // A return address may belong to the line after the call; the innermost one is where the thread stood.
    const auto address = reinterpret_cast<std::uintptr_t>(stack.frames[i]) - (i == 0 ? 0 : 1);
    std::vector<ThreadStackEntry> here = functions_at(address);
    if (here.empty()) {
      std::string name = exported_name(reinterpret_cast<void*>(address));
      if (!name.empty()) here.push_back({std::move(name)});
    }
    all.insert(all.end(), std::make_move_iterator(here.begin()), std::make_move_iterator(here.end()));
  }
  return all;
}

}  // namespace coroute::detail
