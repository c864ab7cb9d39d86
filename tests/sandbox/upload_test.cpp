#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "tests/sandbox/sandbox_client.h"
#include "tests/sandbox/sandbox_process.h"

namespace bulkwrite::test {
namespace {

const std::string kPath = "/crm/v8/upload";

std::string body_of(const std::string& disposition, const std::string& content) {
  return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n--b--\r\n";
}

Headers headers_of(const std::string& feature, const std::string& org) {
  Headers headers{{"Content-Type", "multipart/form-data; boundary=b"}};
  if (!feature.empty()) headers.emplace("Feature", feature);
  if (!org.empty()) headers.emplace("X-CRM-ORG", org);
  return headers;
}

std::string noise(size_t size) {
  std::mt19937_64 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST_CASE("an uploaded ZIP gets an id of digits") {
  const SandboxProcess sandbox;
  const Answer answer = SandboxClient(sandbox.port()).upload(zip_of({{"a.csv", "A\n1\n"}}));
  REQUIRE(answer.status == 200);
  CHECK(answer.json.at("status") == "success");
  const auto id = answer.json.at("details").at("file_id").get<std::string>();
  CHECK(id.size() == 19);
  CHECK(id.find_first_not_of("0123456789") == std::string::npos);
  CHECK(sandbox.requests().at(0).at("file_id") == id);
}

TEST_CASE("what is no ZIP, and an unknown feature, are refused with the switch's HTTP status") {
  const std::string status = GENERATE("200", "400");
  const SandboxProcess sandbox({"--set", "upload_error_http=" + status});
  const SandboxClient client(sandbox.port());
  const Answer no_zip = client.upload("Last_Name\nOkafor\n");
  CHECK(no_zip.status == std::stoi(status));
  CHECK(no_zip.code() == "INVALID_FILE_FORMAT");
  CHECK(no_zip.json.at("details").contains("created_time"));
  const std::string body = body_of("name=\"file\"; filename=\"a.zip\"", zip_of({{"a.csv", "A\n"}}));
  const Answer feature = client.send("POST", kPath, body, headers_of("bulk-read", SandboxProcess::kOrg));
  CHECK(feature.status == std::stoi(status));
  CHECK(feature.code() == "NOT_SUPPORTED_FEATURE");
}

TEST_CASE("without its headers an upload meets the gateway") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const std::string body = body_of("name=\"file\"; filename=\"a.zip\"", zip_of({{"a.csv", "A\n"}}));
  for (const auto& headers :
       {headers_of("", SandboxProcess::kOrg), headers_of("bulk-write", ""), headers_of("bulk-write", "1")}) {
    const Answer answer = client.send("POST", kPath, body, headers);
    CHECK(answer.status == 400);
    CHECK(answer.json.at("ERROR_CODE") == 400);
    CHECK(answer.json.contains("x-error"));
  }
}

TEST_CASE("a body without a file is refused") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const Headers headers = headers_of("bulk-write", SandboxProcess::kOrg);
  CHECK(client.send("POST", kPath, body_of("name=\"file\"", "x"), headers).code() == "MANDATORY_NOT_FOUND");
  CHECK(client.send("POST", kPath, "no parts here", headers).code() == "INVALID_DATA");
  CHECK(client.send("POST", kPath, "", headers).code() == "INVALID_DATA");
}

TEST_CASE("25,000,000 bytes are taken, one more is not, and neither is far more") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const size_t overhead = zip_of({{"a.csv", ""}}, true).size();
  const std::string content = noise(25'000'000 - overhead);
  CHECK(client.upload(zip_of({{"a.csv", content}}, true)).code() == "FILE_UPLOAD_SUCCESS");
  const Answer over = client.upload(zip_of({{"a.csv", content + "x"}}, true));
  CHECK(over.status == 413);
  CHECK(over.code() == "FILE_TOO_LARGE");
  CHECK(client.upload(zip_of({{"a.csv", content + content}}, true)).status == 413);
}

TEST_CASE("uploads of 20 MB at once all arrive, and a small request in between is not held up") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const std::string zip = zip_of({{"a.csv", noise(20'000'000)}}, true);
  std::atomic<int> taken = 0;
  std::vector<std::thread> uploaders;
  for (int i = 0; i < 6; ++i) {
    uploaders.emplace_back([&] { taken += client.upload(zip).code() == "FILE_UPLOAD_SUCCESS" ? 1 : 0; });
  }
  const bool answered = client.get("/crm/v8/org").status == 200;
  for (auto& uploader : uploaders) uploader.join();
  CHECK(answered);
  CHECK(taken == 6);
  CHECK(sandbox.query("select count(*) || ':' || count(distinct length(zip)) from sandbox_uploads") == "6:1");
}

}  // namespace
}  // namespace bulkwrite::test
