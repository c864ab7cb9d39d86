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

}  // namespace

HttpReply throttled_reply(const Switches& switches) {
  return json_reply(
      std::stoi(switches.token_throttle_http),
      {{"error_description", "You have made too many requests continuously. Please try again after some time."},
       {"error", "Access Denied"},
       {"status", "failure"}});
}

HttpReply answer_token(const Service& service, const Call& call) {
  const std::string fault = service.tokens.fault_of(form_of(call.request));
  if (!fault.empty()) {
    call.note.code = fault;
    return json_reply(200, {{"error", fault}});  // 200, as the real one: contract 1.7
  }
  const auto token = service.tokens.issue();
  if (!token) {
    call.note.code = "Access Denied";
    return throttled_reply(service.switches);
  }
  return json_reply(200, {{"access_token", *token},
                          {"scope", kScope},
                          {"api_domain", origin_of(call.request)},
                          {"token_type", "Bearer"},
                          {"expires_in", service.switches.token_life_s}});
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
