// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <iterator>

#include "catalog.hpp"
#include "coroute/coroute.hpp"
#include "tour.hpp"
#include "users.hpp"

using namespace coroute;

namespace tour {
namespace {

/// How OutOfStock is answered.
struct StockError {
  std::string detail;
  int left;
};

/// All parameters of the list.
struct ProductFilter {
  std::optional<Category> category;
  std::optional<Decimal> max_price;
  int offset = 0;
  int limit = 20;
  static constexpr auto schema =
      fields(field<&ProductFilter::max_price>(ge(0)), field<&ProductFilter::offset>(defaulted, ge(0)),
             field<&ProductFilter::limit>(defaulted, ge(1), le(100)))
          .forbid_extra();
};

struct Order {
  std::string sku;
  int count = 1;
  static constexpr auto schema =
      fields(field<&Order::sku>(min_length(1), example<"KB-8842">), field<&Order::count>(defaulted, ge(1), le(1000)));
};
struct Sold {
  std::string sold;
};

using ProductId = Path<int, "product_id", ge(1), description<"As it was given when the product was created">>;

/// A dependency, so that a test can put another one in its place.
Catalog* catalog() {
  static Catalog of_the_process;
  return &of_the_process;
}

template <class T>
T found(std::optional<T> product) {
  if (!product) throw HttpException(404, "Product not found");
  return *std::move(product);
}

std::vector<Product> list_products(Query<ProductFilter> filter, Depends<catalog> products) {
  std::vector<Product> matching;
  for (Product& each : (*products)->all()) {
    if (filter->category && each.category != *filter->category) continue;
    if (filter->max_price && each.price > *filter->max_price) continue;
    matching.push_back(std::move(each));
  }
  const auto begin = std::min(static_cast<std::size_t>(filter->offset), matching.size());
  const auto end = std::min(begin + static_cast<std::size_t>(filter->limit), matching.size());
  return {std::make_move_iterator(matching.begin() + static_cast<std::ptrdiff_t>(begin)),
          std::make_move_iterator(matching.begin() + static_cast<std::ptrdiff_t>(end))};
}

Product read_product(ProductId product_id, Depends<catalog> products) {
  return found((*products)->find(product_id));
}

Product create_product(const NewProduct& product, Depends<catalog> products) {
  std::optional<Product> created = (*products)->add(product);
  if (!created) throw HttpException(507, "The shop is full");
  return *std::move(created);
}

Product update_product(ProductId product_id, const Patch<NewProduct>& patch, Depends<catalog> products) {
  return found((*products)->update(product_id, patch));
}

void delete_product(ProductId product_id, Depends<catalog> products) {
  if (!(*products)->remove(product_id)) throw HttpException(404, "Product not found");
}

Product buy_product(ProductId product_id, Query<int, "count", defaults_to(1), ge(1), le(100)> count,
                    Depends<catalog> products) {
  return found((*products)->take(product_id, count));
}

Sold sell(const Order& order) {
  return {order.sku};
}

}  // namespace

Router products_router() {
  using Responses = std::map<std::string, DocumentedResponse>;
  const DocumentedResponse not_logged_in{.description = "Not logged in", .schema = schema_of<Error>};
  const DocumentedResponse not_found{.description = "No such product", .schema = schema_of<Error>};
  const DocumentedResponse full{.description = "The shop is full", .schema = schema_of<Error>};
  const DocumentedResponse sold_out{.description = "Not enough in stock", .schema = schema_of<StockError>};
  const Responses for_one{{"404", not_found}};
  const Responses for_one_of_ours{{"401", not_logged_in}, {"404", not_found}};

  Router router({}, {.tags = {"products"}});
  router.get("/products", list_products, {.name = "list_products", .response_description = "Those that match"});
  router.post("/products", create_product,
              {.status = 201,
               .name = "create_product",
               .dependencies = {depends<current_user>()},
               .responses = {{"401", not_logged_in}, {"507", full}}});
  router.get("/products/{product_id}", read_product, {.name = "read_product", .responses = for_one});
  router.patch("/products/{product_id}", update_product,
               {.name = "update_product",
                .description = "Changes what the body has, and leaves the rest.",
                .dependencies = {depends<current_user>()},
                .responses = for_one_of_ours});
  router.del("/products/{product_id}", delete_product,
             {.status = 204,
              .name = "delete_product",
              .dependencies = {depends<current_user>()},
              .responses = for_one_of_ours});
  router.post("/products/{product_id}/buy", buy_product,
              {.name = "buy_product", .responses = {{"404", not_found}, {"409", sold_out}}});
  router.post("/orders", sell, {.status = 201, .name = "sell"});
  return router;
}

}  // namespace tour
