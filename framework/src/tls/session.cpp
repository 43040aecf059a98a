// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "certificate_text.hpp"

namespace coroute::detail {
namespace {

// OpenSSL's own BIO for sockets writes with write(2), which raises SIGPIPE when the peer has gone.

TlsSocket& socket_of(BIO* bio) noexcept {
  return *static_cast<TlsSocket*>(BIO_get_data(bio));
}

bool would_block() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int bio_read(BIO* bio, char* buffer, std::size_t size, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  *got = 0;
  TlsSocket& socket = socket_of(bio);
  socket.is_over_limit = socket.max_bytes == 0;
  if (socket.is_over_limit) return 0;
  const std::size_t wanted = std::min(size, socket.max_bytes);
  const ssize_t count = recv(socket.descriptor, buffer, wanted, 0);
  socket.is_drained = count < 0 || static_cast<std::size_t>(count) < wanted;
  if (count > 0) {
    *got = static_cast<std::size_t>(count);
    socket.max_bytes -= *got;
    return 1;
  }
  socket.is_ended = count == 0;
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  if (count < 0 && would_block()) BIO_set_retry_read(bio);
  return 0;
}

int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* sent) {
  BIO_clear_retry_flags(bio);
  *sent = 0;
  const TlsSocket& socket = socket_of(bio);
  if (socket.is_ended) {
    *sent = size;  // OpenSSL's alert about just that, which could only bring a reset
    return 1;
  }
  const ssize_t count = send(socket.descriptor, bytes, size, MSG_NOSIGNAL);
  if (count >= 0) {
    *sent = static_cast<std::size_t>(count);
    return 1;
  }
  if (would_block()) BIO_set_retry_write(bio);
  return 0;
}

long bio_control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

struct MethodDeleter {
  void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

BIO_METHOD* socket_method() {
  static const std::unique_ptr<BIO_METHOD, MethodDeleter> method = [] {
    std::unique_ptr<BIO_METHOD, MethodDeleter> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "coroute socket"));
    if (!made) throw std::bad_alloc();
    BIO_meth_set_read_ex(made.get(), &bio_read);
    BIO_meth_set_write_ex(made.get(), &bio_write);
    BIO_meth_set_ctrl(made.get(), &bio_control);
    return made;
  }();
  return method.get();
}

BIO* make_socket_bio(TlsSocket& socket) {
  BIO* const bio = BIO_new(socket_method());
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

bool is_address(const std::string& host) noexcept {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

TlsSession::TlsSession(const TlsContext& context, int socket) : socket_{socket}, ssl_(SSL_new(context.native())) {
  if (!ssl_) throw std::bad_alloc();
  BIO* const bio = make_socket_bio(socket_);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (context.is_server()) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
  }
}

/// Without a mark that it has ended well OpenSSL takes back what could be resumed.
TlsSession::~TlsSession() {
  if (!failed_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN);
}

void TlsSession::set_peer(const std::string& host) {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl_.get());
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool good = false;
  if (is_address(host)) {
    good = X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;  // RFC 6066 section 3: no SNI for addresses
  } else {
    good = X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()) == 1 &&
           SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1;
  }
  if (!good) throw std::invalid_argument("'" + host + "' is no name that a certificate can have: " + take_tls_error());
}

void TlsSession::resume(SslSessionPtr session) noexcept {
  if (session && SSL_set_session(ssl_.get(), session.get()) != 1) ERR_clear_error();
}

TlsStatus TlsSession::handshake() noexcept {
  if (failed_) return TlsStatus::Failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return status_of(result);
  socket_.max_bytes = std::numeric_limits<std::size_t>::max();
  return TlsStatus::Done;
}

TlsTransfer TlsSession::read(char* buffer, std::size_t size) noexcept {
  if (failed_) return {TlsStatus::Failed};
  ERR_clear_error();
  socket_.is_drained = false;  // what an earlier call saw of the socket is no news: more may have come
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), buffer, size, &got);
  if (result == 1) return {TlsStatus::Done, got};
  return {status_of(result)};
}

TlsTransfer TlsSession::write(std::string_view bytes) noexcept {
  if (failed_) return {TlsStatus::Failed};
  if (bytes.empty()) return {TlsStatus::Done};
  ERR_clear_error();
  std::size_t sent = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  if (result == 1) return {TlsStatus::Done, sent};
  return {status_of(result)};
}

TlsStatus TlsSession::shut_down() noexcept {
  if (failed_ || SSL_in_init(ssl_.get()) != 0) return TlsStatus::Done;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  return result >= 0 ? TlsStatus::Done : status_of(result);
}

std::string_view TlsSession::alpn() const noexcept {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view TlsSession::server_name() const noexcept {
  const char* const name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name ? name : "";
}

const TlsConnection& TlsSession::tls_connection() {
  if (connection_) return *connection_;
  auto made = std::make_unique<TlsConnection>();
  made->version = version();
  made->cipher = SSL_get_cipher_name(ssl_.get());
  made->server_name = server_name();
  made->alpn = alpn();
  made->is_resumed = is_resumed();
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate && SSL_get_verify_result(ssl_.get()) == X509_V_OK) {
    made->client_certificate = read_certificate(certificate);
  }
  connection_ = std::move(made);
  return *connection_;
}

SslSessionPtr TlsSession::take_resumable() noexcept {
  SslSessionPtr session(SSL_get1_session(ssl_.get()));
  if (session && SSL_SESSION_is_resumable(session.get()) == 0) session.reset();
  return session;
}

TlsStatus TlsSession::status_of(int result) noexcept {
  const int system_error = errno;
  if (socket_.is_over_limit) {
    failed_ = true;
    ERR_clear_error();
    error_ = "the handshake is longer than allowed";
    return TlsStatus::Failed;
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return TlsStatus::WantRead;
    case SSL_ERROR_WANT_WRITE:
      return TlsStatus::WantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return TlsStatus::Closed;
    case SSL_ERROR_SYSCALL:
      failed_ = true;
      error_ = std::system_category().message(system_error);
      return TlsStatus::Truncated;
    default:
      break;
  }
  failed_ = true;
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    error_ = "the connection was closed in the middle of it";
    return TlsStatus::Truncated;
  }
  fail();
  return TlsStatus::Failed;
}

void TlsSession::fail() {
  const long verdict = SSL_get_verify_result(ssl_.get());
  error_ = take_tls_error();
  if (verdict != X509_V_OK && error_.find("certificate verify failed") != std::string::npos) {
    error_ += std::string(": ") + X509_verify_cert_error_string(verdict);
  }
}

}  // namespace coroute::detail
