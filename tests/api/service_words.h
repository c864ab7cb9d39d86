// What the service says, as the contract records it, for tests that speak for it.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/transport.h"

namespace service_words {

inline bulkwrite::api::Reply complete(int status, std::string body,
                                      std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {.delivery = bulkwrite::api::Delivery::complete,
          .status = status,
          .headers = std::move(headers),
          .body = std::move(body)};
}
inline bulkwrite::api::Reply not_sent() {
  return {.delivery = bulkwrite::api::Delivery::not_sent, .failure = "Couldn't connect to server"};
}
inline bulkwrite::api::Reply lost() {
  return {.delivery = bulkwrite::api::Delivery::uncertain, .failure = "Failure when receiving data from the peer"};
}

// Contract 1.9, 2.2, 3.10, 1.5.
inline std::string error_body(const std::string& code, const std::string& message) {
  return nlohmann::json{
      {"code", code}, {"details", nlohmann::json::object()}, {"message", message}, {"status", "error"}}
      .dump();
}
inline std::string upload_body(const std::string& file_id) {
  return fmt::format(R"({{"status":"success","code":"FILE_UPLOAD_SUCCESS","message":"file uploaded.",)"
                     R"("details":{{"file_id":"{}","created_time":"2018-12-31T12:00:00-12:00"}}}})",
                     file_id);
}
inline std::string created_body(const std::string& job_id) {
  return fmt::format(R"({{"status":"success","code":"SUCCESS","message":"success",)"
                     R"("details":{{"id":"{}","created_by":{{"id":"1","name":"Patricia Boyle "}}}}}})",
                     job_id);
}
inline std::string token_body(const std::string& token, int seconds) {
  return fmt::format(R"({{"access_token":"{}","scope":"ZohoCRM.bulk.ALL","api_domain":"https://www.zohoapis.com",)"
                     R"("token_type":"Bearer","expires_in":{}}})",
                     token, seconds);
}

// Contract 8.5, 1.7.
inline bulkwrite::api::Reply throttled() {
  return complete(429, error_body("TOO_MANY_REQUESTS", "too many requests. please try again after some time"));
}
inline bulkwrite::api::Reply unauthorised() {
  return complete(401, error_body("INVALID_TOKEN", "invalid oauth token"));
}

}  // namespace service_words
