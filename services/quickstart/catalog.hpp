// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The products of the shop, in memory: all loops use them at once.
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/params/model.hpp"
#include "coroute/params/patch.hpp"
#include "coroute/params/values.hpp"

namespace tour {

enum class Category { keyboard, mouse, monitor };

/// What a client says of a product; with a Patch of it only what is to be changed.
struct NewProduct {
  std::string name;
  Category category;
  coroute::Decimal price;
  int stock = 0;
  std::optional<std::string> note;
  static constexpr auto schema =
      coroute::fields(coroute::field<&NewProduct::name>(coroute::min_length(1), coroute::max_length(80),
                                                        coroute::example<"Model M">),
                      coroute::field<&NewProduct::category>(coroute::description<"Where it stands in the shop">),
                      coroute::field<&NewProduct::price>(coroute::ge(0), coroute::max_digits(8),
                                                         coroute::decimal_places(2), coroute::example<"119.90">),
                      coroute::field<&NewProduct::stock>(coroute::defaulted, coroute::ge(0), coroute::le(100'000)))
          .describe("A product as a client describes it.");
};

struct Product {
  int product_id;
  std::string name;
  Category category;
  coroute::Decimal price;
  int stock;
  std::optional<std::string> note;
};

/// More was ordered than there is.
class OutOfStock : public std::runtime_error {
 public:
  explicit OutOfStock(int left) : std::runtime_error("not enough in stock"), left_(left) {}
  int left() const noexcept { return left_; }

 private:
  int left_;
};

class Catalog {
 public:
  static constexpr std::size_t max_products = 1000;

  /// With a few products.
  Catalog();

  std::vector<Product> all() const;
  /// nullopt: there is none with that number; so do the others.
  std::optional<Product> find(int product_id) const;
  /// nullopt: there are `max_products` already.
  std::optional<Product> add(const NewProduct& product);
  std::optional<Product> update(int product_id, const coroute::Patch<NewProduct>& patch);
  /// OutOfStock when there are fewer.
  std::optional<Product> take(int product_id, int count);
  bool remove(int product_id);

 private:
  Product* find_locked(int product_id);

  mutable std::mutex mutex_;  // held for moments only
  std::vector<Product> products_;
  int last_id_ = 0;
};

}  // namespace tour
