#include "tools/sandbox/request_log.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tools/sandbox/clock.h"

namespace bulkwrite::sandbox {

RequestLog::RequestLog(const std::string& path) {
  if (path.empty()) return;
  file_.reset(std::fopen(path.c_str(), "ae"));
  if (!file_) throw std::runtime_error("cannot write the request log " + path);
}

void RequestLog::write(const RequestNote& note) {
  if (!file_) return;
  nlohmann::ordered_json line{{"n", 0},
                              {"time", iso_time(note.started_ms)},
                              {"time_ms", note.started_ms},
                              {"method", note.method},
                              {"path", note.path},
                              {"kind", note.kind},
                              {"status", note.status},
                              {"bytes_in", note.bytes_in},
                              {"took_ms", now_ms() - note.started_ms}};
  const auto add = [&line](const char* name, const std::string& value) {
    if (!value.empty()) line[name] = value;
  };
  add("code", note.code);
  add("fault", note.fault);
  add("when", note.when);
  add("job_id", note.job_id);
  add("file_id", note.file_id);
  if (!note.mapped.empty()) line["mapped"] = note.mapped;
  const std::lock_guard lock(mutex_);
  line["n"] = ++count_;
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), file_.get());
  std::fflush(file_.get());
}

}  // namespace bulkwrite::sandbox
