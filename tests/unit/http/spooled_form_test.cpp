// SPDX-License-Identifier: BSL-1.0
// Files of forms that go to disk while the body comes; what the parsers do is in their own tests.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/http/form_data.hpp"
#include "coroute/http/form_encoding.hpp"
#include "http/form_reader.hpp"
#include "http/multipart_form.hpp"
#include "http/spooled_file.hpp"
#include "support/async_test.hpp"
#include "support/busy_file_pool.hpp"
#include "support/environment.hpp"
#include "support/open_descriptors.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::all_closed;
using coroute::test::BusyFilePool;
using coroute::test::open_descriptors;
using coroute::test::TemporaryDirectory;
using coroute::testing::EnvironmentVariable;
using coroute::testing::TestRequest;

namespace {

constexpr std::string_view multipart = "multipart/form-data; boundary=b";

std::string patterned(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + (i + i / 4099) % 26);
  return text;
}

std::string upload(std::string_view name, std::string_view content) {
  std::string part = "--b\r\nContent-Disposition: form-data; name=\"";
  return part.append(name).append("\"; filename=f\r\n\r\n").append(content).append("\r\n");
}

std::vector<std::string> pieces_of(std::string_view body, std::size_t size) {
  std::vector<std::string> pieces;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size())))
    pieces.emplace_back(body.substr(0, size));
  return pieces;
}

/// Temporary files of a test are here.
struct Spool {
  TemporaryDirectory directory;
  EnvironmentVariable variable{"TMPDIR", directory.path()};

  std::size_t files() const { return open_descriptors(directory.path()); }
  bool is_empty() const { return all_closed(directory.path()); }
};

/// The code of the error that reading the form ends with; 0: none.
Async<int> error_of(Request& request, FormLimits limits) {
  int code = 0;
  try {
    co_await request.form(limits);
  } catch (const std::system_error& error) {
    code = error.code().value();
  }
  co_return code;
}

}  // namespace

TEST_SUITE("http") {
  ASYNC_TEST_CASE("spooled form: a file goes to disk when it has more bytes than may be in memory") {
    const Spool spool;
    TestRequest request("POST");
    request.header("content-type", multipart)
        .body({upload("below", "123") + upload("at", "1234") + upload("above", "12345") + "--b--"});
    const FormData& form = co_await request->form({.spool_max_size = 4});
    CHECK(form.file("below")->is_in_memory());
    CHECK(form.file("at")->is_in_memory());
    CHECK_FALSE(form.file("above")->is_in_memory());
    CHECK(form.file("above")->size() == 5);
    CHECK(form.file("above")->content() == "12345");
    CHECK(spool.files() == 1);
  }

  ASYNC_TEST_CASE("spooled form: a file goes to disk when those in memory have left no room for it") {
    const Spool spool;
    TestRequest request("POST");
    request.header("content-type", multipart)
        .body({upload("a", "1234") + upload("b", "123") + upload("c", "12345") + upload("d", "1234") +
               upload("e", "1") + upload("f", "1") + upload("g", "") + "--b--"});
    const FormData& form = co_await request->form({.spool_max_size = 4, .spool_max_total_size = 8});
    std::string in_memory;
    for (const auto& [name, value] : form) {
      if (value.file()->is_in_memory()) in_memory += name;
    }
    CHECK(in_memory == "abeg");
    CHECK(form.file("d")->content() == "1234");
    CHECK(form.file("f")->content() == "1");
  }

  ASYNC_TEST_CASE("spooled form: by default files of 8 MiB together are in memory, and what comes then is on disk") {
    const std::string large(1024 * 1024, 'x');
    std::string body;
    for (int i = 0; i < 8; ++i)
      body += upload("a", large);
    TestRequest request("POST");
    request.header("content-type", multipart).body({body + upload("b", "x") + "--b--"});
    const FormData& form = co_await request->form();
    for (const FormValue* value : form.get_all("a"))
      CHECK(value->file()->is_in_memory());
    CHECK_FALSE(form.file("b")->is_in_memory());
  }

  ASYNC_TEST_CASE("spooled form: files of a form share one temporary file, and each has its own bytes") {
    const Spool spool;
    const std::string first = patterned(600'000);
    const std::string third = patterned(300'001);
    TestRequest request("POST");
    request.header("content-type", multipart)
        .body(pieces_of(upload("a", first) + upload("b", "12345") + upload("c", third) + "--b--", 10'000));
    {
      const FormData& form = co_await request->form({.spool_max_size = 4});
      CHECK(spool.files() == 1);
      const bool is_same = form.file("a")->content() == first && form.file("c")->content() == third;
      CHECK(is_same);
      CHECK(form.file("b")->content() == "12345");
      const std::string read(co_await form.file("b")->read());
      CHECK(read == "12345");
      co_await form.file("c")->seek(300'000);
      const std::string last(co_await form.file("c")->read());
      CHECK(last == third.substr(300'000));
      co_await form.file("c")->save(spool.directory.path("c"));
      CHECK(std::filesystem::file_size(spool.directory.path("c")) == third.size());
      MultipartWriter writer;
      writer.add_file("b", *form.file("b"));
      CHECK(writer.finish().find("\r\n\r\n12345\r\n--") != std::string::npos);
    }
  }

  TEST_CASE("spooled form: files that have more in memory than they should are listed, each once") {
    FormData form;
    detail::MultipartForm parser("b", detail::Charset::Utf8, {.spool_max_size = 4}, form);
    parser.feed(upload("a", "1234") + upload("b", "12345"));
    CHECK(parser.unwritten().size() == 1);
    parser.feed("--b\r\nContent-Disposition: form-data; name=c; filename=h\r\n\r\n1234");
    CHECK(parser.unwritten().size() == 1);
    parser.feed("5");
    parser.feed("6");
    CHECK(parser.unwritten().size() == 2);
    parser.feed("7\r\n--b--");
    CHECK(parser.unwritten().size() == 2);
    CHECK(parser.unwritten()[0]->content() == "12345");
    CHECK(parser.unwritten()[1]->content() == "1234567");
  }

  ASYNC_TEST_CASE("spooled form: by default a file of 1 MiB is in memory and a larger one on disk") {
    const std::string largest = patterned(1024 * 1024);
    for (const bool is_larger : {false, true}) {
      const std::string content = is_larger ? largest + "x" : largest;
      TestRequest request("POST");
      request.header("content-type", multipart).body({upload("a", content) + "--b--"});
      const FormData& form = co_await request->form();
      CHECK(form.file("a")->is_in_memory() != is_larger);
      const bool is_same = form.file("a")->content() == content;
      CHECK(is_same);
    }
  }

  ASYNC_TEST_CASE("spooled form: files come whole, however the body is cut") {
    const std::string first = patterned(600'000);
    const std::string second = "\r\n--" + patterned(400'003) + "\r\n--bb";
    const std::string body = upload("a", first) + upload("b", second) + upload("c", "") + "--b--";
    for (const std::size_t size : {std::size_t{1021}, std::size_t{65536}, std::size_t{300'000}, body.size()}) {
      for (const bool is_in_memory : {false, true}) {
        TestRequest request("POST");
        request.header("content-type", multipart).body(pieces_of(body, size), 0ms, is_in_memory);
        const FormData& form = co_await request->form({.spool_max_size = 1000});
        REQUIRE(form.size() == 3);
        const bool is_same = form.file("a")->content() == first && form.file("b")->content() == second;
        CHECK(is_same);
        CHECK_FALSE(form.file("a")->is_in_memory());
        CHECK_FALSE(form.file("b")->is_in_memory());
        CHECK(form.file("c")->is_in_memory());
      }
    }
  }

  ASYNC_TEST_CASE("spooled form: is read from a body that was read before") {
    const std::string content = patterned(500'000);
    const std::string body = upload("a", content) + "--b--";
    TestRequest request("POST");
    request.header("content-type", multipart).body(pieces_of(body, 100'000));
    const std::string_view all = co_await request->body();
    CHECK(all.size() == body.size());
    const FormData& form = co_await request->form({.spool_max_size = 1000});
    CHECK_FALSE(form.file("a")->is_in_memory());
    const bool is_same = form.file("a")->content() == content;
    CHECK(is_same);
  }

  ASYNC_TEST_CASE("spooled form: nothing more is taken from the connection before the disk has what came") {
    const std::string body = upload("a", patterned(1'000'000)) + "--b--";
    TestRequest request("POST");
    request.header("content-type", multipart).body(pieces_of(body, 10'000));
    BusyFilePool busy;
    Task<int> reading = create_task(error_of(*request, {.spool_max_size = 25'000}));
    for (int i = 0; i < 10; ++i)
      co_await sleep(0ms);
    CHECK_FALSE(reading.done());
    CHECK(request.source().pieces_read() == 3);
    co_await busy.end();
    const int error = co_await reading;
    CHECK(error == 0);
    CHECK(request->form_if_read()->file("a")->size() == 1'000'000);
  }

  TEST_CASE("spooled form: what is in memory stays small, however large the file and the pieces are") {
    detail::FormReader reader(multipart, {.spool_max_size = 100'000});
    const std::string body = upload("a", patterned(5'000'000));
    const auto read = [](detail::FormReader& form_reader, std::string_view piece) -> Async<std::size_t> {
      std::size_t most_writes = 0;
      form_reader.feed(piece);
      for (; form_reader.wants_write(); ++most_writes)
        co_await form_reader.write();
      co_return most_writes;
    };
    const std::size_t writes = run(read(reader, body), {.virtual_time = true});
    CHECK(writes >= 5'000'000 / (detail::SpooledFile::write_bytes + 64 * 1024));
  }

  ASYNC_TEST_CASE("spooled form: the files are freed with the request") {
    const Spool spool;
    {
      TestRequest request("POST");
      request.header("content-type", multipart).body({upload("a", "12345") + upload("b", "12345") + "--b--"});
      co_await request->form({.spool_max_size = 0});
      CHECK(spool.files() == 1);
    }
    CHECK(spool.is_empty());
  }

  ASYNC_TEST_CASE("spooled form: a copy of a file outlives the request") {
    const Spool spool;
    UploadFile kept;
    {
      TestRequest request("POST");
      request.header("content-type", multipart).body({upload("a", "12345") + upload("b", "12345") + "--b--"});
      const FormData& form = co_await request->form({.spool_max_size = 0});
      kept = *form.file("b");
    }
    const std::string content(co_await kept.read());
    CHECK(content == "12345");
    co_await kept.close();
    CHECK(spool.is_empty());
  }

  ASYNC_TEST_CASE("spooled form: a body that breaks off frees the files at once") {
    const Spool spool;
    TestRequest request("POST");
    request.header("content-type", multipart).body({upload("a", "12345"), "--b\r\nbroken"});
    int status = 0;
    try {
      co_await request->form({.spool_max_size = 0});
    } catch (const HttpException& error) {
      status = error.status().code();
    }
    CHECK(status == 400);
    CHECK(spool.is_empty());
  }

  ASYNC_TEST_CASE("spooled form: without a directory for temporary files reading ends with the error, every time") {
    const Spool spool;
    const EnvironmentVariable nowhere("TMPDIR", spool.directory.path("none"));
    TestRequest request("POST");
    request.header("content-type", multipart).body({upload("a", "12345"), "--b--"});
    const int first = co_await error_of(*request, {.spool_max_size = 0});
    const int second = co_await error_of(*request, {.spool_max_size = 0});
    CHECK(first == ENOENT);
    CHECK(second == ENOENT);
    CHECK(request.source().pieces_read() == 1);
    CHECK_FALSE(request->form_if_read());
  }

  ASYNC_TEST_CASE("spooled form: one whose writing was cancelled before it began can be read on") {
    const std::string content = patterned(300'000);
    TestRequest request("POST");
    request.header("content-type", multipart).body(pieces_of(upload("a", content) + "--b--", 50'000));
    BusyFilePool busy;
    Task<int> reading = create_task(error_of(*request, {.spool_max_size = 1000}));
    for (int i = 0; i < 10; ++i)
      co_await sleep(0ms);
    reading.cancel();
    const std::string ended = co_await testing::outcome_of(std::move(reading));
    CHECK(ended == "Cancelled(user)");
    co_await busy.end();
    const FormData& form = co_await request->form();
    const bool is_same = form.file("a")->content() == content;
    CHECK(is_same);
  }

  ASYNC_TEST_CASE("spooled form: a cancellation while a thread writes waits for it, and the request can go") {
    const Spool spool;
    for (int passes = 0; passes < 30; ++passes) {
      auto request = std::make_unique<TestRequest>("POST");
      request->header("content-type", multipart).body(pieces_of(upload("a", patterned(2'000'000)) + "--b--", 50'000));
      Task<int> reading = create_task(error_of(request->get(), {.spool_max_size = 1000}));
      for (int i = 0; i < passes; ++i)
        co_await sleep(0ms);
      reading.cancel();
      try {
        co_await reading;
      } catch (const Cancelled&) {
      }
      request.reset();
    }
    CHECK(spool.is_empty());
  }

  ASYNC_TEST_CASE("spooled form: a file is sent on as one in memory is") {
    const std::string content = patterned(300'000);
    TestRequest request("POST");
    request.header("content-type", multipart).body({upload("a", content) + "--b--"});
    const FormData& form = co_await request->form({.spool_max_size = 1000});
    MultipartWriter writer("c");
    writer.add_file("a", *form.file("a"));
    const std::string body = writer.finish();
    CHECK(body == encode_multipart(form, "c"));
    TestRequest again("POST");
    again.header("content-type", "multipart/form-data; boundary=c").body({body});
    const FormData& same = co_await again->form();
    const bool is_same = same.file("a")->content() == content;
    CHECK(is_same);
  }
}
