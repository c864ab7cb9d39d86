// Each request as one line of JSON, written before its reply leaves. Holds no secrets: no headers, no query, and of
// bodies the API names only that a job maps.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bulkwrite::sandbox {

struct RequestNote {
  std::string method;
  std::string path;
  std::string kind;
  int status = 0;  // 0: none was sent
  std::string code;
  std::string fault;
  std::string when;
  std::string job_id;
  std::string file_id;
  std::vector<std::string> mapped;  // API names in the order of field_mappings
  uint64_t bytes_in = 0;
  int64_t started_ms = 0;
};

class RequestLog {
 public:
  // An empty path logs nothing. Appends. Throws std::runtime_error when the file cannot be written.
  explicit RequestLog(const std::string& path);

  void write(const RequestNote& note);

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::mutex mutex_;
  std::unique_ptr<std::FILE, Closer> file_;
  int64_t count_ = 0;
};

}  // namespace bulkwrite::sandbox
