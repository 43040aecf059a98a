// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The models of /items.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coroute/params/fields.hpp"

namespace loadtarget {

/// What POST /items takes and echoes: no text is taken for a number.
struct Item {
  std::string name;
  std::string sku;
  double price;
  std::uint64_t quantity;
  bool active;
  std::vector<std::string> tags;
  std::string description;
  std::map<std::string, double> dimensions;

  static constexpr auto schema = coroute::fields(
      coroute::field<&Item::name>(coroute::min_length(1)), coroute::field<&Item::sku>(coroute::min_length(1)),
      coroute::field<&Item::price>(coroute::strict, coroute::ge(0)),
      coroute::field<&Item::quantity>(coroute::strict, coroute::ge(0)), coroute::field<&Item::active>(coroute::strict),
      coroute::field<&Item::dimensions>(coroute::strict));
};

/// What GET /items/{item_id} was asked for.
struct Lookup {
  std::int64_t item_id;
  std::optional<std::string> q;
};

}  // namespace loadtarget
