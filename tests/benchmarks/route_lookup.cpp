// SPDX-License-Identifier: BSL-1.0
// How long it takes to find a route among 50 and among 500, and how often that allocates.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/routing/route_table.hpp"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

using coroute::Method;
using coroute::PathPattern;
using coroute::RouteTable;

/// Resources of an ordinary service, five routes each.
RouteTable table_of(std::size_t routes) {
  RouteTable table;
  for (std::size_t i = 0; i < routes / 5; ++i) {
    const std::string base = "/api/v1/resource" + std::to_string(i);
    table.add(Method::Get, PathPattern::parse(base), table.size());
    table.add(Method::Post, PathPattern::parse(base), table.size());
    table.add(Method::Get, PathPattern::parse(base + "/{item_id:int}"), table.size());
    table.add(Method::Delete, PathPattern::parse(base + "/{item_id:int}"), table.size());
    table.add(Method::Get, PathPattern::parse(base + "/{item_id:int}/parts/{part}"), table.size());
  }
  table.freeze();
  return table;
}

void measure(const RouteTable& table, const char* what, std::string_view end) {
  constexpr int rounds = 2'000'000;
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < table.size() / 5; ++i) {
    paths.push_back("/api/v1/resource" + std::to_string(i) + std::string{end});
  }
  coroute::PathParams params;
  std::size_t found = 0;
  std::size_t next = 0;
  const std::size_t allocated = allocations;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) {
    found += table.find(Method::Get, "GET", paths[next], params).result == RouteTable::Result::Found ? 1U : 0U;
    next = next + 1 == paths.size() ? 0 : next + 1;
  }
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  std::printf("%4zu routes  %-28s %6.1f ns per lookup  %.3f allocations  %3.0f%% found\n", table.size(), what,
              elapsed.count() / rounds, static_cast<double>(allocations - allocated) / rounds,
              100.0 * static_cast<double>(found) / rounds);
}

}  // namespace

int main() {
  for (const std::size_t routes : {std::size_t{50}, std::size_t{500}}) {
    const RouteTable table = table_of(routes);
    measure(table, "no placeholder", "");
    measure(table, "one placeholder", "/42");
    measure(table, "two placeholders", "/42/parts/wheel");
    measure(table, "one placeholder, escaped", "/4%32");
    measure(table, "two placeholders, escaped", "/42/parts/left%20wheel");
    measure(table, "not found", "/42/none");
  }
}
