#include <map>

#include "tools/sandbox/api.h"
#include "tools/sandbox/multipart.h"

namespace bulkwrite::sandbox {
namespace {

using nlohmann::ordered_json;

constexpr const char* kScope =
    "ZohoCRM.bulk.ALL ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.org.READ ZohoCRM.users.READ ZohoFiles.files.ALL";

// The body's fields, and the query's where the body has none (contract 1.5).
std::multimap<std::string, std::string> form_of(const HttpRequest& request) {
  auto form = parse_form(request.content_type, request.body);
  for (const auto& [name, value] : request.params) {
    if (form.count(name) == 0) form.emplace(name, value);
  }
  return form;
}

HttpReply refused(const Call& call, const std::string& error) {
  call.note.code = error;
  return json_reply(200, {{"error", error}});  // 200, as the real one: contract 1.7
}

ordered_json token_json(const Service& service, const Call& call, const std::string& token) {
  const Switches& switches = service.switches;
  ordered_json json{{"access_token", token}, {"scope", kScope}};
  if (switches.api_domain == "own") json["api_domain"] = origin_of(call.request);
  if (switches.api_domain == "foreign") json["api_domain"] = "https://www.zohoapis.evil.example";
  json["token_type"] = "Bearer";
  const bool old = switches.token_expiry == "milliseconds";
  if (old) json["expires_in_sec"] = switches.token_life_s;
  json["expires_in"] = old ? switches.token_life_s * 1000 : switches.token_life_s;
  return json;
}

}  // namespace

HttpReply throttled_reply(const Switches& switches) {
  return json_reply(
      std::stoi(switches.token_throttle_http),
      {{"error_description", "You have made too many requests continuously. Please try again after some time."},
       {"error", "Access Denied"},
       {"status", "failure"}});
}

HttpReply answer_token(const Service& service, const Call& call) {
  const auto form = form_of(call.request);
  if (const std::string fault = service.tokens.fault_of(form); !fault.empty()) return refused(call, fault);
  const auto token = service.tokens.issue();
  if (!token) {
    call.note.code = "Access Denied";
    return throttled_reply(service.switches);
  }
  ordered_json json = token_json(service, call, *token);
  if (const auto code = form.find("code"); code != form.end()) {
    const auto refresh_token = service.tokens.redeem(code->second);
    if (!refresh_token) return refused(call, "invalid_code");
    json["refresh_token"] = *refresh_token;
  }
  return json_reply(std::stoi(service.switches.token_success_http), json);
}

HttpReply answer_revoke(const Service& service, const Call& call) {
  const auto form = form_of(call.request);
  const auto token = form.find("token");
  const bool revoked = token != form.end() && service.tokens.revoke(token->second);
  if (revoked) return json_reply(200, {{"status", "success"}});
  call.note.code = "invalid_code";
  return json_reply(200, {{"error", "invalid_code"}, {"status", "failure"}});
}

}  // namespace bulkwrite::sandbox
