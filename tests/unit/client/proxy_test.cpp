// SPDX-License-Identifier: BSL-1.0
#include "client/proxy.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "client/outgoing_request.hpp"
#include "coroute/client/client.hpp"
#include "coroute/testing/mock_transport.hpp"

using namespace coroute;
using namespace coroute::detail;

namespace {

using Environment = std::map<std::string, std::string>;

/// The proxy for `url` in that environment; empty: none.
std::string proxy_for(const std::string& url, const Environment& environment, const ClientOptions& options = {}) {
  const ProxySettings settings(options, [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
  const Proxy* const proxy = settings.find(Url::parse(url));
  return proxy ? proxy->authority : "";
}

std::string head_of(const OutgoingRequest& request, const Url& url) {
  std::string head;
  append_request_head(head, request, url, {}, {});
  return head;
}

std::string refusal_of(const Environment& environment, const ClientOptions& options = {}) {
  try {
    proxy_for("http://a/", environment, options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

bool spares(const std::string& list, const std::string& url) {
  const Url parsed = Url::parse(url);
  return NoProxy(list).matches(parsed.host(), parsed.port());
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("proxy: host, port and credentials are taken from its URL") {
  const Proxy plain = Proxy::parse("http://Proxy.example:3128");
  CHECK(plain.host == "proxy.example");
  CHECK(plain.port == 3128);
  CHECK(plain.authority == "proxy.example:3128");
  CHECK(plain.authorization.empty());
  CHECK(Proxy::parse("proxy/").authority == "proxy:80");
  CHECK(Proxy::parse("HTTP://[::1]:8080/").authority == "[::1]:8080");
  CHECK(Proxy::parse("[::1]:8080").host == "::1");
  CHECK(Proxy::parse("http://user:p%40ss:word@proxy:1").authorization == "Basic dXNlcjpwQHNzOndvcmQ=");
  CHECK(Proxy::parse("http://u@proxy:1").authorization == "Basic dTo=");
  CHECK(Proxy::parse("http://a:b@c@proxy:1").authority == "proxy:1");
}

TEST_CASE("proxy: what can't be used is refused, without showing credentials") {
  for (const char* const text : {"", "http://", "socks5://proxy:1", "https://proxy", "http://proxy:0", "http://proxy/x",
                                 "http://us%er@proxy", "http://a%3Ab:c@proxy", "http://pro xy", "http://proxy?x"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Proxy::parse(text), std::invalid_argument);
  }
  std::string what;
  try {
    Proxy::parse("http://user:secret@pro xy:1");
  } catch (const std::invalid_argument& error) {
    what = error.what();
  }
  CHECK(what.find("invalid") != std::string::npos);
  CHECK(what.find("secret") == std::string::npos);
}

TEST_CASE("proxy: the option goes before the environment and has no exceptions") {
  const Environment environment{{"http_proxy", "http://other:1"}, {"no_proxy", "*"}};
  const ClientOptions options{.proxy = "http://mine:2"};
  CHECK(proxy_for("http://a/", environment, options) == "mine:2");
  CHECK(proxy_for("https://a/", environment, options) == "mine:2");
  CHECK(proxy_for("http://127.0.0.1/", environment, options) == "mine:2");
}

TEST_CASE("proxy: each scheme has a variable, and all_proxy stands in for both") {
  const Environment both{{"http_proxy", "http://plain:1"}, {"https_proxy", "http://secure:2"}};
  CHECK(proxy_for("http://a/", both) == "plain:1");
  CHECK(proxy_for("https://a/", both) == "secure:2");
  const Environment one{{"HTTPS_PROXY", "secure:2"}};
  CHECK(proxy_for("http://a/", one).empty());
  const Environment all{{"ALL_PROXY", "http://any:3"}, {"http_proxy", "http://plain:1"}};
  CHECK(proxy_for("http://a/", all) == "plain:1");
  CHECK(proxy_for("https://a/", all) == "any:3");
}

TEST_CASE("proxy: a variable in lower case goes before the same in upper case, an empty one is none") {
  CHECK(proxy_for("http://a/", {{"http_proxy", "low:1"}, {"HTTP_PROXY", "up:2"}}) == "low:1");
  CHECK(proxy_for("http://a/", {{"http_proxy", ""}, {"HTTP_PROXY", "up:2"}}) == "up:2");
  CHECK(proxy_for("http://a/", {{"HTTP_PROXY", ""}}).empty());
}

TEST_CASE("proxy: in a CGI program HTTP_PROXY is not trusted, the others are") {
  CHECK(proxy_for("http://a/", {{"HTTP_PROXY", "evil:1"}, {"REQUEST_METHOD", "GET"}}).empty());
  CHECK(proxy_for("http://a/", {{"http_proxy", "good:1"}, {"REQUEST_METHOD", "GET"}}) == "good:1");
  CHECK(proxy_for("https://a/", {{"HTTPS_PROXY", "good:1"}, {"REQUEST_METHOD", "GET"}}) == "good:1");
}

TEST_CASE("proxy: the environment's is never asked for this machine") {
  const Environment all{{"all_proxy", "proxy:1"}};
  for (const char* const url : {"http://localhost:8000/", "https://LOCALHOST/", "http://api.localhost/",
                                "http://127.0.0.1/", "http://127.8.9.1:81/", "http://[::1]/"}) {
    CAPTURE(url);
    CHECK(proxy_for(url, all).empty());
  }
  CHECK(proxy_for("http://128.0.0.1/", all) == "proxy:1");
  CHECK(proxy_for("http://notlocalhost/", all) == "proxy:1");
}

TEST_CASE("proxy: without trust_env, with a unix socket and with a transport the environment isn't asked") {
  const Environment bad{{"http_proxy", "ftp://proxy"}};
  CHECK(proxy_for("http://a/", bad, {.trust_env = false}).empty());
  CHECK(proxy_for("http://a/", bad, {.unix_socket = "/run/x.sock"}).empty());
  ClientOptions mocked;
  mocked.transport = std::make_shared<MockTransport>();
  CHECK(proxy_for("http://a/", bad, mocked).empty());
  CHECK(refusal_of(bad) == "the environment variable http_proxy: the scheme of a proxy must be http, not 'ftp'");
}

TEST_CASE("no_proxy: a name stands for itself and all below it") {
  for (const char* const list : {"example.com", ".example.com", "*.example.com", "EXAMPLE.com.", "a, example.com",
                                 "a example.com", ",,example.com,"}) {
    CAPTURE(list);
    CHECK(spares(list, "http://example.com/"));
    CHECK(spares(list, "http://www.Example.com:81/"));
    CHECK(spares(list, "https://example.com./"));
    CHECK_FALSE(spares(list, "http://notexample.com/"));
    CHECK_FALSE(spares(list, "http://example.com.evil/"));
    CHECK_FALSE(spares(list, "http://com/"));
  }
  CHECK_FALSE(spares("", "http://a/"));
  CHECK_FALSE(spares(".", "http://a/"));
  CHECK(spares("b,*", "http://a/"));
  CHECK_FALSE(spares("*a", "http://a/"));
}

TEST_CASE("no_proxy: with a port an entry stands for that port alone") {
  CHECK(spares("a:81", "http://a:81/"));
  CHECK(spares("a:81", "http://b.a:81/"));
  CHECK_FALSE(spares("a:81", "http://a/"));
  CHECK(spares("a:443", "https://a/"));
  CHECK(spares("10.0.0.1:81", "http://10.0.0.1:81/"));
  CHECK_FALSE(spares("10.0.0.1:81", "http://10.0.0.1:82/"));
  CHECK(spares("[fd00::1]:81", "http://[fd00::1]:81/"));
  CHECK_FALSE(spares("[fd00::1]:81", "http://[fd00::1]/"));
}

TEST_CASE("no_proxy: addresses and blocks of them, however they are written") {
  CHECK(spares("10.0.0.1", "http://10.0.0.1/"));
  CHECK_FALSE(spares("10.0.0.1", "http://10.0.0.11/"));
  CHECK_FALSE(spares("0.0.1", "http://10.0.0.1/"));
  CHECK(spares("fd00::1", "http://[fd00:0::1]/"));
  CHECK(spares("[fd00::1]", "http://[fd00::1]/"));
  CHECK(spares("10.0.0.0/8", "http://10.255.1.2/"));
  CHECK_FALSE(spares("10.0.0.0/8", "http://11.0.0.0/"));
  CHECK(spares("192.168.4.0/22", "http://192.168.7.255/"));
  CHECK_FALSE(spares("192.168.4.0/22", "http://192.168.8.0/"));
  CHECK(spares("10.0.0.1/32", "http://10.0.0.1/"));
  CHECK_FALSE(spares("10.0.0.1/33", "http://10.0.0.1/"));
  CHECK(spares("0.0.0.0/0", "http://1.2.3.4/"));
  CHECK_FALSE(spares("0.0.0.0/0", "http://[fd00::1]/"));
  CHECK(spares("fd00::/8", "http://[fdff::1]/"));
  CHECK_FALSE(spares("fd00::/8", "http://[fe00::1]/"));
  CHECK_FALSE(spares("10.0.0.0/8", "http://ten.example/"));
}

TEST_CASE("proxy: a forwarded request has the whole URL and the proxy's credentials, one in a tunnel neither") {
  const Proxy proxy = Proxy::parse("http://u:p@proxy:1");
  OutgoingRequest request;
  request.method = "GET";
  request.proxy = &proxy;
  request.headers.add("proxy-authorization", "mine");
  request.headers.add("authorization", "for the host");
  CHECK(head_of(request, Url::parse("http://h:81/x?y=1")) ==
        "GET http://h:81/x?y=1 HTTP/1.1\r\nhost: h:81\r\nauthorization: for the host\r\n"
        "proxy-authorization: Basic dTpw\r\n\r\n");
  CHECK(head_of(request, Url::parse("https://h/x")) ==
        "GET /x HTTP/1.1\r\nhost: h\r\nauthorization: for the host\r\n\r\n");
  const Proxy open = Proxy::parse("proxy:1");
  request.proxy = &open;
  CHECK(head_of(request, Url::parse("http://h/")).find("proxy-authorization: mine\r\n") != std::string::npos);
}

TEST_CASE("proxy: a tunnel is asked for with the proxy's credentials and nothing else") {
  CHECK(tunnel_head(Url::parse("https://h/x?y"), Proxy::parse("u:p@proxy:1")) ==
        "CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\nproxy-authorization: Basic dTpw\r\n\r\n");
  CHECK(tunnel_head(Url::parse("https://[::1]:444/"), Proxy::parse("proxy:1")) ==
        "CONNECT [::1]:444 HTTP/1.1\r\nhost: [::1]:444\r\n\r\n");
}

TEST_SUITE_END();
