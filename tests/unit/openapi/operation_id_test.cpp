// SPDX-License-Identifier: BSL-1.0
#include "coroute/openapi/operation_id.hpp"

#include <doctest/doctest.h>

using namespace coroute;

TEST_SUITE("openapi") {
  TEST_CASE("operation id: the name of the function is the id") {
    CHECK(default_operation_id("read_item", "/items/{item_id}", "get") == "read_item");
  }

  TEST_CASE("operation id: without a name it is the method and the words of the path") {
    CHECK(default_operation_id("", "/items/{item_id}", "get") == "get_items_item_id");
    CHECK(default_operation_id("", "/", "get") == "get");
    CHECK(default_operation_id("", "", "post") == "post");
    CHECK(default_operation_id("", "//a--b//c_d/", "GET") == "get_a_b_c_d");
    CHECK(default_operation_id("", "/größe", "get") == "get_größe");
  }

  TEST_CASE("operation id: FastAPI's has name, path and method, and an underscore for all that is no word") {
    CHECK(fastapi_operation_id("root", "/", "get") == "root__get");
    CHECK(fastapi_operation_id("delete_item", "/items/{item_id}", "delete") == "delete_item_items__item_id__delete");
    CHECK(fastapi_operation_id("new_subscription", "new-subscription", "post") ==
          "new_subscriptionnew_subscription_post");
    CHECK(fastapi_operation_id("invoice_notification", "{$callback_url}/invoices/{$request.body.id}", "POST") ==
          "invoice_notification__callback_url__invoices___request_body_id__post");
    CHECK(fastapi_operation_id("", "", "get") == "_get");
    const Operation operation{.method = "get", .path = "/items/{item_id}", .name = "read"};
    CHECK(fastapi_operation_id(operation) == "read_items__item_id__get");
  }
}
