#include <curl/curl.h>
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/api/replies.h"
#include "engine/api/transport.h"
#include "tests/api/loopback_server.h"
#include "tests/api/tls_server.h"

using namespace bulkwrite;
using namespace bulkwrite::api;

namespace {

constexpr std::string_view kSecret = "1000.secret-of-the-token";

Request request_with_secret(const std::string& url, bool post) {
  Request request{.url = url, .headers = {{"Authorization", fmt::format("Zoho-oauthtoken {}", kSecret)}}};
  request.fresh_connection = post;
  if (post) request.method = Request::Method::post;
  if (post) request.body = fmt::format("client_secret={}", kSecret);
  return request;
}

Reply exchange(Transport& transport, Request request) {
  transport.start(1, std::move(request));
  for (int waits = 0; waits < 1'000; ++waits)
    for (Completion& done : transport.wait(Milliseconds(60'000))) return std::move(done.reply);
  FAIL("no reply");
  return {};
}

// A client that believes everybody, to see that the server serves.
bool credulous_client_is_served(const std::string& url) {
  CURL* const easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION, +[](char*, size_t one, size_t count, void*) { return one * count; });
  const CURLcode code = curl_easy_perform(easy);
  curl_easy_cleanup(easy);
  return code == CURLE_OK;
}

void check_refused(const TlsServer& server, const std::string& host) {
  auto transport = make_curl_transport();
  REQUIRE(transport);
  const std::string url = fmt::format("https://{}:{}/crm/v8/org", host, server.port());
  for (const bool post : {false, true}) {
    CAPTURE(url, post);
    const Reply reply = exchange(**transport, request_with_secret(url, post));
    CHECK(reply.delivery == Delivery::not_sent);
    CHECK(classify(reply) == ReplyClass::not_sent);
    CHECK(reply.body.empty());
    CHECK_FALSE(reply.failure.empty());
    CHECK(reply.failure.find("secret") == std::string::npos);
  }
  CHECK(server.seen().bytes.empty());
}

}  // namespace

TEST_CASE("a service whose certificate nobody vouches for gets no byte of a request") {
  const TlsServer server("localhost");
  check_refused(server, "127.0.0.1");
  check_refused(server, "localhost");
  // It came to a TLS server each time, and one that serves whoever believes it.
  const std::string url = fmt::format("https://127.0.0.1:{}/believed", server.port());
  CHECK(credulous_client_is_served(url));
  CHECK(server.seen().connections == 5);
  CHECK(server.seen().bytes.find("GET /believed") == 0);
}

TEST_CASE("a certificate of the service's own name, signed by itself, is no better") {
  const TlsServer server("www.zohoapis.com");
  check_refused(server, "127.0.0.1");
}

TEST_CASE("nothing in the environment turns the checking of certificates off") {
  const TlsServer server("localhost");
  const std::vector<const char*> names = {"CURL_INSECURE", "SSL_NO_VERIFY",   "GIT_SSL_NO_VERIFY",
                                          "CURL_HOME",     "SSL_VERIFY_NONE", "NODE_TLS_REJECT_UNAUTHORIZED"};
  for (const char* const name : names) setenv(name, "0", 1);
  check_refused(server, "127.0.0.1");
  for (const char* const name : names) setenv(name, "1", 1);
  check_refused(server, "127.0.0.1");
  for (const char* const name : names) unsetenv(name);
}

TEST_CASE("no line of the engine or of the program touches the checking of certificates") {
  size_t files = 0;
  for (const char* const folder : {"engine", "tools/bulkwrite"}) {
    const auto root = std::filesystem::path(BULKWRITE_SOURCE_DIR) / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      const std::string text(std::istreambuf_iterator<char>(file), {});
      CAPTURE(entry.path().string());
      for (const char* const word : {"SSL_VERIFY", "CURLOPT_CA", "SSL_CTX_FUNCTION", "SSL_OPTIONS", "PROXY_SSL"})
        CHECK(text.find(word) == std::string::npos);
      ++files;
    }
  }
  CHECK(files > 50);
}

TEST_CASE("https to a server that speaks no TLS sends nothing of a request, and says so") {
  const LoopbackServer server([](const LoopbackServer::Received&) { return LoopbackServer::Answer{}; });
  auto transport = make_curl_transport();
  REQUIRE(transport);
  Request request = request_with_secret("https" + server.url("/").substr(4), true);
  request.timeout = Milliseconds(150);
  const Reply reply = exchange(**transport, std::move(request));
  CHECK(reply.delivery == Delivery::not_sent);
  CHECK(server.received().empty());
}
