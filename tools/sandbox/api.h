// The service: routes, authorization, envelopes (contract 1 to 9). One Api serves all requests, from many threads.
#pragma once

#include <memory>
#include <string>

#include "tools/sandbox/faults.h"
#include "tools/sandbox/http.h"
#include "tools/sandbox/job_runner.h"
#include "tools/sandbox/modules.h"
#include "tools/sandbox/refusal.h"
#include "tools/sandbox/request_log.h"
#include "tools/sandbox/store.h"
#include "tools/sandbox/switches.h"
#include "tools/sandbox/tokens.h"
#include "tools/sandbox/usage.h"

namespace bulkwrite::sandbox {

// Everything that an answer may need. Owned by main, outlives the Api.
struct Service {
  const Switches& switches;
  const Catalog& catalog;
  const std::string& org;
  Store& store;
  Tokens& tokens;
  JobRunner& runner;
  Faults& faults;
  RequestLog& log;
  Usage& usage;
};

// One request on its way to an answer.
struct Call {
  const HttpRequest& request;
  RequestNote& note;
  std::string argument;  // the id or name in the path
};

class Api : public HttpHandler {
 public:
  explicit Api(Service service) : service_(service) {}
  std::unique_ptr<HttpExchange> begin(const HttpRequest& head) override;

 private:
  Service service_;
};

HttpReply json_reply(int status, const nlohmann::ordered_json& body);
HttpReply refusal_reply(const Refusal& refusal);
// http://host:port as the caller knows this server.
std::string origin_of(const HttpRequest& request);

// The answers, by file: api_oauth, api_metadata, api_bulk. All may throw Refusal.
HttpReply answer_token(const Service& service, const Call& call);
HttpReply answer_revoke(const Service& service, const Call& call);
HttpReply answer_users(const Service& service, const Call& call);
HttpReply answer_org(const Service& service, const Call& call);
HttpReply answer_modules(const Service& service, const Call& call);
HttpReply answer_fields(const Service& service, const Call& call);
HttpReply answer_layouts(const Service& service, const Call& call);
HttpReply answer_upload(const Service& service, const Call& call);
HttpReply answer_create(const Service& service, const Call& call);
HttpReply answer_details(const Service& service, const Call& call);
HttpReply answer_download(const Service& service, const Call& call);

HttpReply throttled_reply(const Switches& switches);
Refusal too_many_requests();

}  // namespace bulkwrite::sandbox
