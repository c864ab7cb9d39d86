// Where the service's documentation and its behaviour leave room: the switches of contract appendix B, and limits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bulkwrite::sandbox {

struct Switches {
  std::string upload_error_http = "200";
  std::string upload_header_error = "gateway";
  std::string inprogress_spelling = "INPROGRESS";
  std::string completed_code = "COMPLETED";
  std::string download_url = "absolute";
  std::string download_org = "zgid";
  std::string not_found_http = "404";
  std::string layout_mandatory = "enforced";
  std::string find_by = "unique";
  std::string file_names = "optional";
  std::string resource_ignore_empty = "honoured";
  std::string file_id_reuse = "allowed";
  int64_t file_id_ttl_s = 0;
  int64_t result_retention_s = 7 * 24 * 3600;
  std::string result_order = "input";
  int64_t result_order_seed = 1;
  std::string result_columns = "status_first";
  std::string result_names = "capitals";
  std::string callback_body = "details";
  std::string job_outcome = "COMPLETED";
  int64_t queue_delay_ms = 0;
  int64_t added_dwell_ms = 0;
  int64_t record_time_us = 0;
  std::string edition = "unlimited";
  int64_t users = 10;
  int64_t credits = 0;
  int64_t concurrency = 0;
  std::string token_throttle_http = "400";
  std::string token_success_http = "200";
  std::string token_expiry = "seconds";
  std::string api_domain = "own";
  int64_t token_rate_max = 10;
  int64_t token_rate_window_s = 600;
  int64_t token_life_s = 3600;
  int64_t token_live_max = 15;
  int64_t upload_bytes_max = 25'000'000;
  int64_t csv_bytes_max = 25'000'000;
  int64_t records_max = 25'000;
  int64_t columns_max = 200;
  int64_t jobs_waiting_max = 10'000;
  int64_t downloads_per_minute = 0;

  // "name=value". Throws std::invalid_argument that names the switch and what it takes.
  void set(const std::string& assignment);
  // A JSON object of names and values.
  void load(const std::string& path);
  // One line per switch: name, values with the default first, meaning.
  static std::string help();
};

}  // namespace bulkwrite::sandbox
