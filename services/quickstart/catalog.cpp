// SPDX-License-Identifier: BSL-1.0
#include "catalog.hpp"

#include <algorithm>

using namespace coroute;

namespace tour {
namespace {

Product product_of(int product_id, const NewProduct& product) {
  return {product_id, product.name, product.category, product.price, product.stock, product.note};
}

}  // namespace

Catalog::Catalog() {
  add({"Model M", Category::keyboard, Decimal::parse("119.90"), 7, "clicks"});
  add({"Trackball", Category::mouse, Decimal::parse("64.50"), 3, std::nullopt});
  add({"Portrait 24\"", Category::monitor, Decimal::parse("289.00"), 0, "turns"});
}

std::vector<Product> Catalog::all() const {
  const std::scoped_lock lock(mutex_);
  return products_;
}

std::optional<Product> Catalog::find(int product_id) const {
  const std::scoped_lock lock(mutex_);
  for (const Product& each : products_) {
    if (each.product_id == product_id) return each;
  }
  return std::nullopt;
}

std::optional<Product> Catalog::add(const NewProduct& product) {
  const std::scoped_lock lock(mutex_);
  if (products_.size() >= max_products) return std::nullopt;
  return products_.emplace_back(product_of(++last_id_, product));
}

std::optional<Product> Catalog::update(int product_id, const Patch<NewProduct>& patch) {
  const std::scoped_lock lock(mutex_);
  Product* const found = find_locked(product_id);
  if (!found) return std::nullopt;
  NewProduct product{found->name, found->category, found->price, found->stock, found->note};
  patch.apply_to(product);
  *found = product_of(product_id, product);
  return *found;
}

std::optional<Product> Catalog::take(int product_id, int count) {
  const std::scoped_lock lock(mutex_);
  Product* const found = find_locked(product_id);
  if (!found) return std::nullopt;
  if (found->stock < count) throw OutOfStock(found->stock);
  found->stock -= count;
  return *found;
}

bool Catalog::remove(int product_id) {
  const std::scoped_lock lock(mutex_);
  return std::erase_if(products_, [&](const Product& each) { return each.product_id == product_id; }) != 0;
}

Product* Catalog::find_locked(int product_id) {
  const auto found = std::find_if(products_.begin(), products_.end(),
                                  [&](const Product& each) { return each.product_id == product_id; });
  return found == products_.end() ? nullptr : &*found;
}

}  // namespace tour
