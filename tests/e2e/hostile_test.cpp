// A service that means harm: the real program against a server that says what a test wants it to.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/api/loopback_server.h"
#include "tests/api/service_words.h"
#include "tests/e2e/world.h"
#include "tests/zip/zip_builder.h"

using namespace e2e;
using Catch::Matchers::Contains;
using Answer = LoopbackServer::Answer;
using Received = LoopbackServer::Received;
using Then = LoopbackServer::Then;
using zip_builder::Member;

namespace {

constexpr size_t kRecords = 3;

Answer ok(const std::string& body) {
  return {LoopbackServer::http(200, body)};
}

std::string result_csv() {
  std::string text = "Last_Name,Company,Email,STATUS,RECORD_ID,ERRORS\n";
  for (size_t n = 1; n <= kRecords; ++n)
    text += fmt::format("Name{0},\"Company, {0}\",person{0}@example.org,ADDED,{0}00,\n", n);
  return text;
}

// What a test changes of a service. The service's own thread reads it.
struct Conduct {
  std::string download_url = "/v8/crm/1/bulk-write/7/7.zip";
  Answer result = ok(zip_builder::build({{.name = "Leads-bulkwrite.csv", .bytes = result_csv()}}));
  std::function<std::optional<Answer>(const Received&)> before = {};  // what it answers goes before all else
};

// Goes through a load of one chunk as a service would, but for its conduct.
struct Service {
  Conduct conduct{};
  LoopbackServer server{[this](const Received& received) { return answer(received); }};

  Answer answer(const Received& received) {
    if (conduct.before)
      if (auto first = conduct.before(received)) return *first;
    const std::string path = received.path();
    if (path == "/oauth/v2/token") return ok(service_words::token_body("1000.issued-token.of-the-service", 3'600));
    if (path == "/crm/v8/org") return ok(R"({"org":[{"zgid":"1"}]})");
    if (path.starts_with("/crm/v8/settings/fields"))
      return ok(R"({"fields":[{"api_name":"Last_Name","data_type":"text","length":80,"system_mandatory":true},)"
                R"({"api_name":"Company","data_type":"text","length":200},{"api_name":"Email","data_type":"email"}]})");
    if (path.starts_with("/crm/v8/settings/layouts")) return ok(R"({"layouts":[]})");
    if (path == "/crm/v8/upload") return ok(service_words::upload_body("5"));
    if (path == "/crm/bulk/v8/write") return {LoopbackServer::http(201, service_words::created_body("7"))};
    if (path.starts_with("/crm/bulk/v8/write/"))
      return ok(fmt::format(R"({{"status":"COMPLETED","id":"7","resource":[{{"code":"COMPLETED","file":)"
                            R"({{"added_count":3,"skipped_count":0,"updated_count":0,"total_count":3}}}}],)"
                            R"("result":{{"download_url":"{}"}}}})",
                            conduct.download_url));
    if (path.ends_with(".zip")) return conduct.result;
    return {LoopbackServer::http(404, service_words::error_body("INVALID_URL_PATTERN", "no such URL"))};
  }
};

struct Load {
  TemporaryDirectory directory;
  Ended ended;
  nlohmann::json summary;
  long peak_kilobytes = 0;

  explicit Load(const Service& service, const std::vector<std::string>& more = {}) {
    spill(directory / "leads.csv", leads(kRecords));
    Process process(load_call({directory / "leads.csv"}, service.server.url(""), directory / "run", more),
                    directory.path());
    ended = process.wait();
    peak_kilobytes = process.peak_kilobytes();
    UNSCOPED_INFO(ended.err);
    summary = summary_of(ended);
    CHECK(summary["records_read"] == kRecords);
    CHECK(summary["sent"] == kRecords);
  }
};

size_t requests_for(const LoopbackServer& server, const std::string& path) {
  size_t count = 0;
  for (const Received& received : server.received()) count += received.path() == path ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a service that means no harm is loaded into") {
  const Service service;
  const Load load(service);
  CHECK(load.ended.exit_code == 0);
  CHECK(load.summary["added"] == kRecords);
}

TEST_CASE("a result on another host is not fetched, and that host hears nothing") {
  LoopbackServer elsewhere([](const Received&) { return ok("{}"); });
  const Service service{{.download_url = elsewhere.url("/7.zip")}};
  const Load load(service);
  CHECK(load.ended.exit_code == 5);
  CHECK(load.summary["in_flight"] == kRecords);
  CHECK(requests_for(service.server, "/crm/bulk/v8/write") == 1);
  CHECK(elsewhere.received().empty());
}

TEST_CASE("a result's place that names another host without a scheme is a path of the service's own host") {
  LoopbackServer elsewhere([](const Received&) { return ok("{}"); });
  const Service service{{.download_url = "//" + elsewhere.url("/7.zip").substr(7)}};
  const Load load(service);
  CHECK(load.summary["added"] == kRecords);
  CHECK(elsewhere.received().empty());
}

TEST_CASE("a result archive that is no sound one costs its verdicts, and nothing else") {
  const std::string sound = zip_builder::build({{.name = "a.csv", .bytes = result_csv()}});
  constexpr uint64_t kBombBytes = 300 << 20;
  const Member bomb{.name = "a.csv",
                    .declared_crc = zip_builder::crc_of_noughts(kBombBytes),
                    .declared_bytes = uint32_t{kBombBytes},
                    .packed = zip_builder::deflated_noughts(kBombBytes)};
  const std::vector<std::string> archives = {
      sound.substr(0, sound.size() / 2),
      sound.substr(0, sound.size() - 10),
      zip_builder::build({bomb}),
      zip_builder::build({{.name = "a.csv", .bytes = result_csv(), .declared_crc = 1}}),
      zip_builder::build({{.name = "a.csv", .bytes = result_csv(), .declared_bytes = 0xFFFFFFF0}}),
      zip_builder::build({{.name = "a.csv", .bytes = "STATUS,ID\n" + std::string(50'001, ',')}}),
      zip_builder::build({{.name = "a.csv", .bytes = "no result\n"}}),
      "PK\x03\x04" + zip_builder::random_bytes(1'000, 1)};
  for (size_t i = 0; i < archives.size(); ++i) {
    CAPTURE(i);
    const Service service{{.result = ok(archives[i])}};
    const Load load(service);
    CHECK(load.ended.exit_code == 4);
    CHECK(load.summary["unattributed"] == kRecords);
    CHECK(requests_for(service.server, "/crm/bulk/v8/write") == 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(load.peak_kilobytes < 300 * 1024);
#endif
  }
}

TEST_CASE("the names in a result archive write nowhere") {
  const Service service{{.result = ok(zip_builder::build({{.name = "../../../escaped.csv", .bytes = result_csv()},
                                                          {.name = "/tmp/escaped-from-a-result.csv", .bytes = "x"}}))}};
  const Load load(service);
  CHECK(load.ended.exit_code == 0);
  CHECK(load.summary["added"] == kRecords);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(load.directory.path()))
    CHECK(entry.path().filename() != "escaped.csv");
  CHECK_FALSE(std::filesystem::exists("/tmp/escaped-from-a-result.csv"));
}

TEST_CASE("a result without end is cut off, and what a load takes has a bound") {
  const auto flood_once = [asked = 0](const Received& received) mutable -> std::optional<Answer> {
    if (!received.path().ends_with(".zip") || ++asked > 1) return std::nullopt;
    return Answer{"HTTP/1.1 200 X\r\nContent-Length: 1073741824\r\n\r\nPK\x03\x04", Then::flood,
                  std::string(65'536, 'x')};
  };
  const Service service{{.before = flood_once}};
  const Load load(service);
  CHECK(load.ended.exit_code == 0);  // it was asked for once more, and came
  CHECK(load.summary["added"] == kRecords);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(load.peak_kilobytes < 300 * 1024);
#endif
}

TEST_CASE("a service that says the secrets back in its refusals does not make the program tell them") {
  for (const std::string path :
       {"/oauth/v2/token", "/crm/v8/settings/fields?module=Leads", "/crm/v8/upload", "/crm/bulk/v8/write"}) {
    CAPTURE(path);
    const auto secret_of = [&](const Received& received) {
      if (path == "/oauth/v2/token") return "refresh_token=" + received.body.substr(received.body.rfind('=') + 1);
      return received.header("Authorization");
    };
    const auto echo = [&](const Received& received) -> std::optional<Answer> {
      if (received.path() != path) return std::nullopt;
      if (path == "/oauth/v2/token") return ok(R"({"error":")" + secret_of(received) + R"("})");
      return Answer{
          LoopbackServer::http(400, service_words::error_body("INVALID_DATA", "not with " + secret_of(received)))};
    };
    const Service service{{.before = echo}};
    const TemporaryDirectory directory;
    spill(directory / "leads.csv", leads(kRecords));
    const Ended ended =
        run(load_call({directory / "leads.csv"}, service.server.url(""), directory / "run"), directory.path());
    INFO(ended.err);
    CHECK(ended.exit_code != 0);
    std::string echoed;
    for (const Received& received : service.server.received())
      if (received.path() == path) echoed = secret_of(received);
    const std::string secret = echoed.substr(echoed.find("1000.") + 5);
    REQUIRE(secret.size() > 8);
    CHECK_THAT(ended.err, !Contains(secret));
    CHECK_THAT(ended.out, !Contains(secret));
    if (!std::filesystem::exists(directory / "run")) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory / "run"))
      if (entry.is_regular_file()) CHECK(slurp(entry.path()).find(secret) == std::string::npos);
  }
}

TEST_CASE("a sandbox is on this machine alone, however its URL looks") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(kRecords));
  for (const char* const url :
       {"http://127.0.0.1.evil.example:80", "http://127.evil.example", "http://localhost:x@evil.example",
        "http://127.0.0.1@evil.example", "http://localhost.evil.example", "http://evil.example/127.0.0.1",
        "http://[::1].evil.example", "http://127.0.0.1\\@evil.example", "http://127.0.0.1:80?@evil.example",
        "http://localhost#@evil.example:80", "https://www.zohoapis.com"}) {
    CAPTURE(url);
    const Ended ended = run(load_call({directory / "leads.csv"}, url, directory / "run"), directory.path());
    CHECK(ended.exit_code == 64);
    CHECK_THAT(ended.err, Contains("on this machine only"));
  }
}
