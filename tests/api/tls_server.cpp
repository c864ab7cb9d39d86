#include "tests/api/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void must(bool holds) {
  if (!holds) throw std::runtime_error("no TLS server on the loopback");
}

// Valid for the name and the loopback's address, for an hour, but signed by its own key.
Certificate certify(EVP_PKEY* key, const std::string& name) {
  Certificate certificate(X509_new(), &X509_free);
  X509* const it = certificate.get();
  X509_set_version(it, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(it), 1);
  X509_gmtime_adj(X509_getm_notBefore(it), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(it), 3'600);
  X509_set_pubkey(it, key);
  X509_NAME* const subject = X509_get_subject_name(it);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(it, subject);
  const std::string names = "DNS:" + name + ",IP:127.0.0.1";
  std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()), &X509_EXTENSION_free);
  must(extension != nullptr && X509_add_ext(it, extension.get(), -1) == 1 && X509_sign(it, key, EVP_sha256()) > 0);
  return certificate;
}

// False when the server stops.
bool wait_for_bytes(int socket, int stop) {
  std::array<pollfd, 2> fds = {pollfd{socket, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  poll(fds.data(), fds.size(), -1);
  return fds[1].revents == 0;
}

}  // namespace

TlsServer::TlsServer(const std::string& name) : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  must(key != nullptr && context_ != nullptr);
  const Certificate certificate = certify(key.get(), name);
  must(SSL_CTX_use_certificate(context_.get(), certificate.get()) == 1 &&
       SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  must(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(listener_, 16) == 0 &&
       getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

TlsServer::~TlsServer() {
  eventfd_write(stop_, 1);
  acceptor_.join();
  close(listener_);
  close(stop_);
}

TlsServer::Seen TlsServer::seen() const {
  const std::scoped_lock lock(mutex_);
  return seen_;
}

// One client after another: each is answered or gone at once.
void TlsServer::accept_all() {
  while (wait_for_bytes(listener_, stop_)) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve(connection);
    close(connection);
  }
}

void TlsServer::serve(int connection) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context_.get()), &SSL_free);
  SSL_set_fd(tls.get(), connection);
  const bool agreed = SSL_accept(tls.get()) == 1;
  std::array<char, 4096> bytes{};
  const int size = agreed ? SSL_read(tls.get(), bytes.data(), bytes.size()) : 0;
  const std::scoped_lock lock(mutex_);
  ++seen_.connections;
  seen_.handshakes += agreed;
  if (size <= 0) return;
  seen_.bytes.append(bytes.data(), static_cast<size_t>(size));
  constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
  SSL_write(tls.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
  SSL_shutdown(tls.get());
}
