#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <future>
#include <thread>

#include "tests/sandbox/sandbox_client.h"
#include "tests/sandbox/sandbox_process.h"

namespace bulkwrite::test {
namespace {

using nlohmann::json;

json request_rule(const char* request, const char* fault, const char* when = "before", int nth = 1) {
  return {{"requests", {{{"request", request}, {"fault", fault}, {"when", when}, {"nth", nth}}}}};
}

json lead_job() {
  return job_of("insert", "Leads", {"Last_Name", "Company"});
}
constexpr const char* kOneLead = "n,c\nOkafor,Freight\n";

// What a bare socket sees of a request: the errno that ended it, 0 for an orderly end.
int socket_error_of(int port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  size_t sent = 0;
  ssize_t count = 0;
  while (sent < request.size() && (count = send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL)) > 0) {
    sent += static_cast<size_t>(count);
  }
  int error = count < 0 ? errno : 0;
  char buffer[4096];
  while (error == 0 && (count = recv(fd, buffer, sizeof buffer, 0)) != 0) {
    if (count < 0) error = errno;
  }
  close(fd);
  return error;
}

const json* find_fault(const std::vector<json>& requests) {
  for (const auto& request : requests) {
    if (request.contains("fault")) return &request;
  }
  return nullptr;
}

TEST_CASE("the n-th request of a kind fails, before it has any effect, and the log says so") {
  const TemporaryDirectory directory;
  const SandboxProcess sandbox(SandboxProcess::with_faults(directory, request_rule("create", "http_500", "before", 2)));
  const SandboxClient client(sandbox.port());
  const json job = with_file(lead_job(), client.upload_csv(kOneLead));
  CHECK(client.create(job).status == 201);
  const Answer failed = client.create(job);
  CHECK(failed.status == 500);
  CHECK(failed.code() == "INTERNAL_ERROR");
  CHECK(client.create(job).status == 201);
  CHECK(sandbox.query("select count(*) from sandbox_jobs") == "2");
  const auto requests = sandbox.requests();
  const json* fault = find_fault(requests);
  REQUIRE(fault != nullptr);
  CHECK(fault->at("fault") == "http_500");
  CHECK(fault->at("when") == "before");
  CHECK(fault->at("status") == 500);
  CHECK_FALSE(fault->contains("job_id"));
  CHECK(sandbox.count_requests("create") == 3);
}

TEST_CASE("a created job whose 201 is lost runs all the same") {
  const TemporaryDirectory directory;
  const SandboxProcess sandbox(SandboxProcess::with_faults(directory, request_rule("create", "reset", "after")));
  const SandboxClient client(sandbox.port());
  CHECK(client.create(with_file(lead_job(), client.upload_csv(kOneLead))).status == 0);
  const auto requests = sandbox.requests();
  const json* fault = find_fault(requests);
  REQUIRE(fault != nullptr);
  CHECK(fault->at("status") == 0);
  client.wait(fault->at("job_id").get<std::string>());
  CHECK(sandbox.query("select count(*) from Leads") == "1");
}

TEST_CASE("a reset is a real one, before, during and after a request") {
  const std::string when = GENERATE("before", "during", "after");
  CAPTURE(when);
  const TemporaryDirectory directory;
  const SandboxProcess sandbox(SandboxProcess::with_faults(directory, request_rule("upload", "reset", when.c_str())));
  const std::string body(4'000'000, 'x');
  const std::string request =
      "POST /crm/v8/upload HTTP/1.1\r\nHost: sandbox\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
      body;
  const int error = socket_error_of(sandbox.port(), request);
  CHECK((error == ECONNRESET || error == EPIPE));
  CHECK(sandbox.count_requests("upload") == 1);
  CHECK(sandbox.query("select count(*) from sandbox_uploads") == "0");
  CHECK(SandboxClient(sandbox.port()).upload(zip_of({{"a.csv", "a\n"}})).code() == "FILE_UPLOAD_SUCCESS");
}

TEST_CASE("a truncated reply ends before its Content-Length") {
  const TemporaryDirectory directory;
  const SandboxProcess sandbox(SandboxProcess::with_faults(directory, request_rule("org", "truncate")));
  CHECK(SandboxClient(sandbox.port()).get("/crm/v8/org").status == 0);
  CHECK(SandboxClient(sandbox.port()).get("/crm/v8/org").status == 200);
}

TEST_CASE("a 429 names the wait that its rule gives, and garbage is no JSON") {
  const TemporaryDirectory directory;
  const json faults{{"requests",
                     {{{"request", "org"}, {"fault", "http_429"}, {"nth", 1}, {"retry_after_s", 2}},
                      {{"request", "org"}, {"fault", "garbage"}, {"nth", 2}}}}};
  const SandboxProcess sandbox(SandboxProcess::with_faults(directory, faults));
  httplib::Client client("127.0.0.1", sandbox.port());
  const auto limited = client.Get("/crm/v8/org");
  REQUIRE(limited);
  CHECK(limited->status == 429);
  CHECK(limited->get_header_value("Retry-After") == "2");
  const Answer garbage = SandboxClient(sandbox.port()).get("/crm/v8/org");
  CHECK(garbage.status == 200);
  CHECK(garbage.json.is_discarded());
}

TEST_CASE("anything may be answered that a rule says") {
  const TemporaryDirectory directory;
  const json body{{"ERROR_CODE", 401}, {"ERROR_MESSAGE", "Unauthorized"}};
  const json faults{{"requests",
                     {{{"request", "org"}, {"fault", "answer"}, {"nth", 1}, {"http", 418}, {"body", body}},
                      {{"request", "org"}, {"fault", "answer"}, {"nth", 2}, {"http", 200}, {"body", "no JSON"}}}}};
  const SandboxProcess sandbox(SandboxProcess::with_faults(directory, faults));
  const SandboxClient client(sandbox.port());
  const Answer first = client.get("/crm/v8/org");
  CHECK(first.status == 418);
  CHECK(first.json == body);
  const Answer second = client.get("/crm/v8/org");
  CHECK(second.status == 200);
  CHECK(second.body == "no JSON");
  CHECK(client.get("/crm/v8/org").status == 200);
}

TEST_CASE("an expired token stays dead, another one works") {
  const TemporaryDirectory directory;
  const SandboxProcess sandbox(
      SandboxProcess::with_faults(directory, request_rule("org", "expired_token", "before", 2)));
  const std::string token = SandboxClient(sandbox.port(), "").sign_in().json.at("access_token").get<std::string>();
  const SandboxClient client(sandbox.port(), token);
  CHECK(client.get("/crm/v8/org").status == 200);
  CHECK(client.get("/crm/v8/org").code() == "INVALID_TOKEN");
  CHECK(client.get("/crm/v8/org").status == 401);
  const std::string next = SandboxClient(sandbox.port(), "").sign_in().json.at("access_token").get<std::string>();
  CHECK(SandboxClient(sandbox.port(), next).get("/crm/v8/org").status == 200);
}

TEST_CASE("random faults are the same for the same seed, and no more than their rule allows") {
  const auto statuses = [](uint64_t seed) {
    const TemporaryDirectory directory;
    const json faults{{"seed", seed},
                      {"requests", {{{"request", "any"}, {"fault", "http_503"}, {"probability", 0.5}, {"times", 5}}}}};
    const SandboxProcess sandbox(SandboxProcess::with_faults(directory, faults));
    std::vector<int> seen;
    for (int i = 0; i < 30; ++i) seen.push_back(SandboxClient(sandbox.port()).get("/crm/v8/org").status);
    CHECK(std::count(seen.begin(), seen.end(), 503) == 5);
    return seen;
  };
  CHECK(statuses(3) == statuses(3));
}

TEST_CASE("the n-th job fails, skips all or is stuck for ever, also after a restart") {
  const TemporaryDirectory directory;
  const json faults{{"jobs",
                     {{{"nth", 1}, {"outcome", "FAILED"}},
                      {{"nth", 2}, {"outcome", "ALL_SKIPPED"}},
                      {{"nth", 3}, {"outcome", "STUCK"}}}}};
  SandboxProcess sandbox(SandboxProcess::with_faults(directory, faults));
  const SandboxClient client(sandbox.port());
  CHECK(client.run(kOneLead, lead_job()).at("status") == "FAILED");
  const json skipped = client.run(kOneLead, lead_job());
  CHECK(skipped.at("status") == "COMPLETED");
  CHECK(client.result(skipped)[1] == std::vector<std::string>{"Okafor", "Freight", "SKIPPED", "", "LIMIT_EXCEEDED"});
  const Answer stuck = client.create(with_file(lead_job(), client.upload_csv(kOneLead)));
  CHECK(client.run(kOneLead, lead_job()).at("status") == "COMPLETED");
  const std::string path = "/crm/bulk/v8/write/" + stuck.json.at("details").at("id").get<std::string>();
  CHECK(client.get(path).json.at("status") == "INPROGRESS");
  sandbox.kill_hard();
  sandbox.start({"--set", "inprogress_spelling=IN PROGRESS"});
  CHECK(SandboxClient(sandbox.port()).run(kOneLead, lead_job()).at("status") == "COMPLETED");
  CHECK(SandboxClient(sandbox.port()).get(path).json.at("status") == "IN PROGRESS");
}

TEST_CASE("a faults file or a switch with a mistake is refused with its name") {
  const TemporaryDirectory directory;
  CHECK_THROWS(SandboxProcess(SandboxProcess::with_faults(directory, request_rule("create", "http_200"))));
  CHECK_THROWS(SandboxProcess(SandboxProcess::with_faults(directory, json{{"request", json::array()}})));
  CHECK_THROWS(SandboxProcess(SandboxProcess::with_faults(directory, request_rule("create", "answer"))));
  CHECK_THROWS(SandboxProcess({"--set", "result_order=backwards"}));
  CHECK_THROWS(SandboxProcess({"--set", "no_such_switch=1"}));
}

TEST_CASE("the callback brings the job's details once it has ended") {
  httplib::Server listener;
  std::promise<std::string> body;
  listener.Post("/hook/chunk-7",
                [&](const httplib::Request& request, httplib::Response&) { body.set_value(request.body); });
  const int port = listener.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { listener.listen_after_bind(); });
  {
    const SandboxProcess sandbox;
    json job = lead_job();
    job["callback"] = {{"url", "http://127.0.0.1:" + std::to_string(port) + "/hook/chunk-7"}, {"method", "post"}};
    const json details = SandboxClient(sandbox.port()).run(kOneLead, job);
    auto arrived = body.get_future();
    REQUIRE(arrived.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    CHECK(json::parse(arrived.get()) == details);
  }
  listener.stop();
  thread.join();
}

}  // namespace
}  // namespace bulkwrite::test
