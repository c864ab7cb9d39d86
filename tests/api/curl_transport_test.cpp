#include <fmt/format.h>
#include <sys/resource.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <set>

#include "engine/api/replies.h"
#include "engine/api/transport.h"
#include "tests/api/loopback_server.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using Catch::Matchers::Contains;
using Answer = LoopbackServer::Answer;
using Received = LoopbackServer::Received;
using Then = LoopbackServer::Then;

namespace {

const std::string kSecret = "1000.secret-of-the-token";

std::unique_ptr<Transport> make_transport() {
  auto transport = make_curl_transport();
  REQUIRE(transport);
  return *std::move(transport);
}

Request get(std::string url) {
  return {.url = std::move(url), .headers = {{"Authorization", "Zoho-oauthtoken " + kSecret}}};
}
Request post(std::string url, std::string body) {
  Request request = get(std::move(url));
  request.method = Request::Method::post;
  request.body = std::move(body);
  return request;
}
Request create(std::string url) {
  Request request = post(std::move(url), R"({"operation":"insert"})");
  request.fresh_connection = true;
  return request;
}

Reply exchange(Transport& transport, Request request) {
  transport.start(7, std::move(request));
  for (int waits = 0; waits < 1'000; ++waits)
    for (Completion& done : transport.wait(Milliseconds(60'000))) {
      CHECK(done.id == 7);
      return std::move(done.reply);
    }
  FAIL("no reply");
  return {};
}

void check_is_uncertain(const Reply& reply) {
  CHECK(reply.delivery == Delivery::uncertain);
  CHECK(classify(reply) == ReplyClass::uncertain);
  CHECK_FALSE(reply.failure.empty());
  CHECK(describe(reply).find("secret") == std::string::npos);
}

long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("a get carries its headers, and the reply comes whole, its header names in lower case") {
  LoopbackServer server([](const Received&) {
    return Answer{LoopbackServer::http(418, std::string("a\0b", 3), "X-Odd:  spaced \r\nRetry-After: 5\r\n")};
  });
  const auto transport = make_transport();
  const Reply reply = exchange(*transport, get(server.url("/crm/v8/org?x=1")));
  CHECK(reply.delivery == Delivery::complete);
  CHECK(reply.status == 418);
  CHECK(reply.body == std::string("a\0b", 3));
  CHECK(reply.failure.empty());
  CHECK(reply.header("x-odd") == "spaced");
  CHECK(retry_after(reply) == Milliseconds(5'000));
  CHECK(reply.header("x-none").empty());
  REQUIRE(server.received().size() == 1);
  const Received received = server.received()[0];
  CHECK(received.head.starts_with("GET /crm/v8/org?x=1 HTTP/1.1\r\n"));
  CHECK(received.header("Authorization") == "Zoho-oauthtoken " + kSecret);
}

TEST_CASE("a post sends its body as it is, with one content type and without waiting for leave") {
  LoopbackServer server([](const Received&) { return Answer{LoopbackServer::http(201, "{}")}; });
  const auto transport = make_transport();
  for (const std::string& body : {std::string(), std::string("a=b\0&c=d", 8), std::string(3'000'000, 'x')}) {
    Request request = post(server.url("/p"), body);
    request.headers.emplace_back("Content-Type", "application/json");
    CHECK(exchange(*transport, std::move(request)).status == 201);
    const Received received = server.received().back();
    CHECK(received.head.starts_with("POST /p HTTP/1.1\r\n"));
    CHECK(received.body == body);
    CHECK(received.header("Content-Type") == "application/json");
    CHECK(received.header("Expect").empty());
  }
}

TEST_CASE("a file goes as one part named file, byte for byte") {
  LoopbackServer server([](const Received&) { return Answer{LoopbackServer::http(200, "{}")}; });
  const auto transport = make_transport();
  std::string file = "PK\x03\x04";
  for (int i = 0; i < 3'000'000; ++i) file += static_cast<char>(i * 7 % 256);
  Request request = get(server.url("/crm/v8/upload"));
  request.method = Request::Method::post;
  request.headers.insert(request.headers.end(), {{"feature", "bulk-write"}, {"X-CRM-ORG", "808232144"}});
  request.file_name = "leads-00000.zip";
  request.file = file;
  CHECK(exchange(*transport, std::move(request)).status == 200);
  const Received received = server.received().at(0);
  CHECK(received.header("feature") == "bulk-write");
  CHECK(received.header("X-CRM-ORG") == "808232144");
  CHECK(received.header("Expect").empty());
  const std::string type = received.header("Content-Type");
  REQUIRE(type.starts_with("multipart/form-data; boundary="));
  const std::string boundary = "--" + type.substr(type.find('=') + 1);
  CHECK(received.body.starts_with(boundary));
  CHECK(received.body.ends_with(boundary + "--\r\n"));
  const std::string part_head = received.body.substr(0, received.body.find("\r\n\r\n"));
  CHECK_THAT(part_head, Contains(R"(form-data; name="file"; filename="leads-00000.zip")") &&
                            Contains("Content-Type: application/zip"));
  CHECK(received.body.find(file) == part_head.size() + 4);
  CHECK(received.body.size() == part_head.size() + 4 + file.size() + 2 + boundary.size() + 4);
}

TEST_CASE("connections are used again, but never by a creation and never after one") {
  LoopbackServer server([](const Received&) { return Answer{LoopbackServer::http(200, "{}")}; });
  const auto transport = make_transport();
  for (const char* const path : {"/1", "/2"}) exchange(*transport, get(server.url(path)));
  exchange(*transport, create(server.url("/create")));
  exchange(*transport, create(server.url("/create")));
  exchange(*transport, get(server.url("/3")));
  std::map<std::string, std::vector<size_t>> connections;
  for (const Received& received : server.received()) connections[received.path()].push_back(received.connection);
  CHECK(connections["/1"] == connections["/2"]);
  REQUIRE(connections["/create"].size() == 2);
  std::set<size_t> others = {connections["/1"][0], connections["/3"][0]};
  CHECK(connections["/create"][0] != connections["/create"][1]);
  for (const size_t connection : connections["/create"]) CHECK_FALSE(others.contains(connection));
}

TEST_CASE("a creation whose connection dies without a word leaves once, and is uncertain") {
  for (const Then then : {Then::close, Then::reset}) {
    LoopbackServer server([&](const Received& received) {
      return received.path() == "/create" ? Answer{"", then} : Answer{LoopbackServer::http(200, "{}")};
    });
    const auto transport = make_transport();
    exchange(*transport, get(server.url("/warm")));
    check_is_uncertain(exchange(*transport, create(server.url("/create"))));
    size_t creates = 0;
    for (const Received& received : server.received()) creates += received.path() == "/create";
    CHECK(creates == 1);
  }
}

TEST_CASE("a redirect is an answer: nobody follows it, and the token goes nowhere else") {
  LoopbackServer elsewhere([](const Received&) { return Answer{LoopbackServer::http(200, "{}")}; });
  for (const int status : {301, 302, 303, 307, 308}) {
    LoopbackServer server([&](const Received&) {
      return Answer{LoopbackServer::http(status, "", "Location: " + elsewhere.url("/") + "\r\n")};
    });
    const auto transport = make_transport();
    for (Request request : {get(server.url("/")), post(server.url("/"), "x")}) {
      const Reply reply = exchange(*transport, std::move(request));
      CHECK(reply.delivery == Delivery::complete);
      CHECK(reply.status == status);
      CHECK(classify(reply) == ReplyClass::broken);
    }
    CHECK(server.received().size() == 2);
  }
  CHECK(elsewhere.received().empty());
}

TEST_CASE("a reply larger than it may be is cut off, however it is told or packed") {
  constexpr size_t kMax = 100'000;
  const std::string large(kMax + 1, 'x');
  const std::string bomb = gzipped(std::string(50'000'000, '\0'));
  REQUIRE(bomb.size() < kMax);
  const std::string chunked =
      fmt::format("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n", large.size(), large);
  for (const std::string& bytes : {LoopbackServer::http(200, large), chunked, "HTTP/1.1 200 X\r\n\r\n" + large,
                                   LoopbackServer::http(200, bomb, "Content-Encoding: gzip\r\n")}) {
    CAPTURE(bytes.substr(0, 60));
    LoopbackServer server([&](const Received&) { return Answer{bytes, Then::close}; });
    const auto transport = make_transport();
    Request request = get(server.url("/"));
    request.reply_bytes_max = kMax;
    const Reply reply = exchange(*transport, std::move(request));
    check_is_uncertain(reply);
    CHECK(reply.body.size() <= kMax);
    CHECK_THAT(reply.failure, Contains("100000"));
  }
  LoopbackServer exact([&](const Received&) { return Answer{LoopbackServer::http(200, std::string(kMax, 'x'))}; });
  const auto transport = make_transport();
  Request request = get(exact.url("/"));
  request.reply_bytes_max = kMax;
  CHECK(exchange(*transport, std::move(request)).body.size() == kMax);
}

TEST_CASE("a reply without end is cut off at its bound, and takes no more memory than that") {
  const std::string block(65'536, 'x');
  const std::vector<Answer> answers = {
      {"HTTP/1.1 200 X\r\nContent-Length: 1073741824\r\n\r\n", Then::flood, block},
      {"HTTP/1.1 200 X\r\n\r\n", Then::flood, block},
      {"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", Then::flood, "10000\r\n" + block + "\r\n"},
      {"HTTP/1.1 503 X\r\nContent-Length: 1073741824\r\n\r\n", Then::flood, block}};
  for (const Answer& answer : answers) {
    CAPTURE(answer.bytes);
    LoopbackServer server([&](const Received&) { return answer; });
    const auto transport = make_transport();
    const long before = peak_kib();
    const Reply reply = exchange(*transport, get(server.url("/")));
    check_is_uncertain(reply);
    CHECK(reply.body.size() <= kReplyBytesMax);
    CHECK(server.bytes_sent() < kReplyBytesMax + (32 << 20));  // what the sockets hold besides
    CHECK(peak_kib() - before < 128 * 1024);
  }
}

TEST_CASE("headers without end are cut off, in whatever part of a reply they come") {
  const std::string header = "X-More: " + std::string(1'000, 'x') + "\r\n";
  const std::vector<Answer> answers = {
      {"HTTP/1.1 200 X\r\n", Then::flood, header},
      {"HTTP/1.1 200 X\r\nX-One: ", Then::flood, std::string(1'000, 'x')},
      {"HTTP/1.1 200 ", Then::flood, std::string(1'000, 'x')},
      {"", Then::flood, "HTTP/1.1 100 Continue\r\nX-More: x\r\n\r\n"},
      {"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", Then::flood, header}};
  for (const Answer& answer : answers) {
    CAPTURE(answer.bytes);
    LoopbackServer server([&](const Received&) { return answer; });
    const auto transport = make_transport();
    check_is_uncertain(exchange(*transport, get(server.url("/"))));
    CHECK(server.bytes_sent() < 64 << 20);
  }
}

TEST_CASE("a reply that comes a byte at a time ends with the request's timeout, in whatever part of it") {
  const std::vector<Answer> answers = {
      {"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n", Then::drip, "{}"},
      {"HTTP/1.1 200 X\r\n\r\n", Then::drip, "{}"},
      {"HTTP/1.1 200 X\r\n", Then::drip, "X-More: x\r\n"},
      {"HTTP/1.1 200 ", Then::drip, "OK "},
      {"", Then::drip, "HTTP/1.1 100 Continue\r\n\r\n"},
      {"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", Then::drip, "1\r\nx\r\n"},
      {"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1;", Then::drip, "x"}};
  for (const Answer& answer : answers) {
    CAPTURE(answer.bytes, answer.again);
    LoopbackServer server([&](const Received&) { return answer; });
    const auto transport = make_transport();
    Request request = create(server.url("/"));
    request.timeout = Milliseconds(150);
    check_is_uncertain(exchange(*transport, std::move(request)));
    CHECK(server.received().size() == 1);
  }
}

TEST_CASE("a packed reply is unpacked, and chunks are put together") {
  LoopbackServer server([](const Received& received) {
    if (received.path() == "/gzip")
      return Answer{LoopbackServer::http(200, gzipped(R"({"org":[]})"), "Content-Encoding: gzip\r\n")};
    return Answer{"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"};
  });
  const auto transport = make_transport();
  CHECK(exchange(*transport, get(server.url("/gzip"))).body == R"({"org":[]})");
  CHECK_THAT(server.received().at(0).header("Accept-Encoding"), Contains("gzip"));
  CHECK(exchange(*transport, get(server.url("/chunks"))).body == "abcde");
}

TEST_CASE("silence ends with the request's timeout") {
  for (const std::string& bytes : {std::string(), std::string("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nab")}) {
    LoopbackServer server([&](const Received&) { return Answer{bytes, Then::hang}; });
    const auto transport = make_transport();
    Request request = create(server.url("/"));
    request.timeout = Milliseconds(150);
    check_is_uncertain(exchange(*transport, std::move(request)));
    CHECK(server.received().size() == 1);
  }
}

TEST_CASE("a reply that is reset, cut short or no HTTP at all is no reply") {
  const std::vector<Answer> answers = {
      {"", Then::reset},
      {"HTTP/1.1 200 X\r\nConte", Then::reset},
      {"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"status\":", Then::reset},
      {"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"status\":\"success\"}", Then::close},
      {"HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"stat", Then::close},
      {"HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Then::close},
      {LoopbackServer::http(200, "no gzip", "Content-Encoding: gzip\r\n"), Then::close},
      {"SSH-2.0-OpenSSH_9.2\r\n", Then::close},
      {"<html>\n<body>Bad gateway</body>\n</html>\n", Then::close},
      {"{\"status\":\"success\",\"details\":{\"id\":\"7\"}}", Then::close},
      {std::string("\0\0\0\0\r\n\r\n", 8), Then::close},
      {"HTTP/9.9 200 X\r\nContent-Length: 2\r\n\r\n{}", Then::close},
      {"HTTP/1.1 200 X\r\nContent-Length: -5\r\n\r\n{}", Then::close}};
  for (const Answer& answer : answers) {
    CAPTURE(answer.bytes);
    LoopbackServer server([&](const Received&) { return answer; });
    const auto transport = make_transport();
    check_is_uncertain(exchange(*transport, create(server.url("/?client_secret=secret"))));
    CHECK(server.received().size() == 1);
  }
}

TEST_CASE("where nobody listens, nothing was sent") {
  const auto transport = make_transport();
  for (const std::string& url : {fmt::format("http://127.0.0.1:{}/?x=secret", LoopbackServer::closed_port()),
                                 std::string("no url, a secret"), std::string("file:///etc/hostname?secret"),
                                 std::string("ftp://127.0.0.1/secret"), std::string("http://name.invalid./secret")}) {
    CAPTURE(url);
    const Reply reply = exchange(*transport, create(url));
    CHECK(reply.delivery == Delivery::not_sent);
    CHECK(classify(reply) == ReplyClass::not_sent);
    CHECK(reply.body.empty());
    CHECK_FALSE(reply.failure.empty());
    CHECK(describe(reply).find("secret") == std::string::npos);
  }
}

TEST_CASE("no proxy stands before the loopback") {
  setenv("http_proxy", fmt::format("http://127.0.0.1:{}", LoopbackServer::closed_port()).c_str(), 1);
  setenv("all_proxy", "http://127.0.0.1:1", 1);
  LoopbackServer server([](const Received&) { return Answer{LoopbackServer::http(200, "{}")}; });
  const Reply reply = exchange(*make_transport(), get(server.url("/")));
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  CHECK(reply.status == 200);
}

TEST_CASE("many requests are under way at once, and each gets its own reply") {
  LoopbackServer server([](const Received& received) { return Answer{LoopbackServer::http(200, received.path())}; });
  const auto transport = make_transport();
  for (uint64_t id = 1; id <= 40; ++id) transport->start(id, get(server.url(fmt::format("/{}", id))));
  transport->start(UINT64_MAX, get(server.url("/max")));
  std::map<uint64_t, std::string> bodies;
  for (int waits = 0; waits < 1'000 && bodies.size() < 41; ++waits)
    for (Completion& done : transport->wait(Milliseconds(60'000)))
      CHECK(bodies.emplace(done.id, done.reply.body).second);
  REQUIRE(bodies.size() == 41);
  for (uint64_t id = 1; id <= 40; ++id) CHECK(bodies.at(id) == fmt::format("/{}", id));
  CHECK(bodies.at(UINT64_MAX) == "/max");
}

TEST_CASE("waiting ends when it is woken, from any thread") {
  const auto transport = make_transport();
  transport->wake();
  CHECK(transport->wait(std::chrono::hours(1)).empty());
  std::jthread other([&] { transport->wake(); });
  CHECK(transport->wait(std::chrono::hours(1)).empty());
}

TEST_CASE("a cancelled request is forgotten, and its id is free again") {
  LoopbackServer server([](const Received& received) {
    return received.path() == "/never" ? Answer{"", Then::hang} : Answer{LoopbackServer::http(200, "ok")};
  });
  const auto transport = make_transport();
  {
    const std::string file = "PK" + std::string(1'000'000, 'x');
    Request request = get(server.url("/never"));
    request.method = Request::Method::post;
    request.file_name = "a.zip";
    request.file = file;
    transport->start(7, std::move(request));
    CHECK(transport->wait(Milliseconds(0)).empty());
    transport->cancel(7);
    transport->cancel(7);
    transport->cancel(8);
  }
  CHECK(exchange(*transport, get(server.url("/"))).body == "ok");
}

TEST_CASE("a transport that goes away takes its requests with it") {
  LoopbackServer server([](const Received&) { return Answer{"", Then::hang}; });
  const auto transport = make_transport();
  for (uint64_t id = 0; id < 5; ++id) transport->start(id, get(server.url("/")));
  CHECK(transport->wait(Milliseconds(0)).empty());
}
