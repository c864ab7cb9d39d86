// The service in memory: what it holds and how it answers, without a network and without a clock of its own. It reads
// requests by the contract, and remembers each. What may go wrong on the way is the transport's affair
// (fake_transport.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/transport.h"
#include "engine/base/clock.h"

namespace twin {

using bulkwrite::Instant;
using bulkwrite::Milliseconds;
using bulkwrite::api::Reply;
using bulkwrite::api::Request;

enum class Kind { token, org, fields, layouts, upload, create, details, download, other };
Kind kind_of(const Request& request);

// What will become of a job; drawn when it is created.
struct JobPlan {
  Milliseconds takes{20'000};
  std::string status = "COMPLETED";
  uint64_t added = 0, updated = 0, skipped = 0;
  bool has_counts = true;
  bool has_result = true;
};

struct Job {
  std::string id, operation, module, find_by, csv_name, file_id, callback_url;
  Instant created_at;
  JobPlan plan;
  bool called_back = false;
};

// A request as it arrived.
struct Arrival {
  Kind kind;
  Instant at;
  Request request;    // its file is gone; see file_bytes
  size_t file_bytes;  // of an upload
  int status;         // that it was answered with
};

class ServiceTwin {
 public:
  static constexpr const char* kApi = "https://api.twin";
  static constexpr const char* kAccounts = "https://accounts.twin";
  static constexpr const char* kUpload = "https://upload.twin";
  static constexpr const char* kOrg = "808232144";

  // Settings, to be changed at will.
  Milliseconds token_life = std::chrono::hours(1);
  std::string client_id = "client", client_secret = "client-secret", refresh_token = "refresh-secret";
  std::function<JobPlan(const Job&)> plan = [](const Job&) { return JobPlan{}; };
  std::function<std::string(const Job&)> result = result_of;  // the bytes of its result archive
  std::string download_base;                                  // empty: a path relative to the host, as documented

  virtual ~ServiceTwin() = default;
  virtual Reply answer(const Request& request, Instant now);

  void accept_token(const std::string& token, Instant until) { tokens_[token] = until; }
  void forget_tokens() { tokens_.clear(); }
  void forget_files() { files_.clear(); }

  // The job whose callback is due, each once (contract 5).
  std::optional<Job> take_callback(Instant now);

  const std::map<std::string, Job>& jobs() const { return jobs_; }
  const std::string& file(const std::string& file_id) const { return files_.at(file_id); }  // its bytes
  size_t jobs_of(std::string_view csv_name) const;
  const std::vector<Arrival>& arrivals() const { return arrivals_; }
  size_t count(Kind kind) const;
  size_t count(Kind kind, int status) const;

  static std::string result_of(const Job& job);

 protected:
  std::map<std::string, Job> jobs_;

 private:
  Reply route(const Request& request, Kind kind, Instant now);
  Reply issue_token(const Request& request, Instant now);
  Reply take_upload(const Request& request);
  Reply create(const Request& request, Instant now);
  Reply details(const std::string& job_id, Instant now) const;
  Reply download(const std::string& job_id, Instant now) const;
  bool is_signed_in(const Request& request, Instant now) const;
  const Job* find(const std::string& job_id) const;

  std::map<std::string, Instant> tokens_;
  std::map<std::string, std::string> files_;
  std::vector<Arrival> arrivals_;
  uint64_t next_id_ = 111'111'000'000'541'000;
};

}  // namespace twin
