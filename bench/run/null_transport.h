// A transport without a network: a service that takes every request at once and does nothing with it. What it costs is
// next to nothing, so what a load against it costs is the engine's own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/transport.h"

namespace bench {

struct NullService {
  std::string fields_json;  // the reply of settings/fields
  // Where the result archives lie, one a chunk, under the name of the chunk's archive. One that is missing is made from
  // what was uploaded, and that is dear: a first load makes them, and the loads that are measured find them.
  std::filesystem::path results;
};

class NullTransport final : public bulkwrite::api::Transport {
 public:
  explicit NullTransport(NullService service) : service_(std::move(service)) {}

  void start(uint64_t id, bulkwrite::api::Request request) override;
  std::vector<bulkwrite::api::Completion> wait(bulkwrite::Milliseconds at_most) override;
  void wake() override;

 private:
  // An archive's name is its file's id and its job's id as well.
  std::string answer(const bulkwrite::api::Request& request);
  std::string take_upload(const bulkwrite::api::Request& request);
  std::string create_job(std::string_view body);
  std::string details_of(std::string_view job) const;
  std::filesystem::path result_of(std::string_view archive_name) const { return service_.results / archive_name; }

  const NullService service_;
  std::map<std::string, std::string, std::less<>> without_result_;  // archives, by name
  std::vector<bulkwrite::api::Completion> replies_;
  std::mutex mutex_;
  std::condition_variable woken_up_;
  bool woken_ = false;
};

}  // namespace bench
