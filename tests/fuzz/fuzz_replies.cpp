// Any reply of a service, to any question and as a callback: something harmless comes of it.
#include <algorithm>
#include <string>

#include "engine/api/edition.h"
#include "engine/api/replies.h"
#include "tests/fuzz/target.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using fuzz::must;

namespace {

constexpr size_t kToldBytesMax = 1'000;  // of what goes into one message

void must_be_told(const std::string& text) {
  must(text.size() <= kToldBytesMax, "a text of the service is told in brief");
  must(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
       "nothing that a terminal would obey is told");
}

void look_at_parts(const std::string& body) {
  (void)parse_file_id(body);
  (void)parse_job_id(body);
  (void)parse_callback(body);
  (void)parse_org(body);
  if (const auto edition = parse_edition(body)) must(edition->calls_at_once >= kCallsAtOnce, "an edition grants calls");
  if (const auto error = parse_service_error(body)) {
    must_be_told(error->code);
    must_be_told(error->message);
  }
  if (const auto details = parse_job_details(body)) {
    must_be_told(details->status_text);
    must_be_told(details->code);
    must(!details->status_text.empty(), "a job has a status");
  }
}

}  // namespace

// The first two bytes are the delivery and the status, then a Retry-After up to a line feed; the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  constexpr int kStatuses[] = {200, 201, 202, 204, 301, 400, 401, 403, 404, 413, 429, 500, 503, 0, 99, 600};
  const std::string_view rest = fuzz::text_of(data + 2, size - 2);
  const size_t line = std::min(rest.find('\n'), rest.size());
  Reply reply{.delivery = static_cast<Delivery>(data[0] % 3), .status = kStatuses[data[1] % 16]};
  reply.headers = {{"retry-after", std::string(rest.substr(0, line))}};
  reply.body = rest.substr(std::min(line + 1, rest.size()));

  look_at_parts(reply.body);
  must_be_told(describe(reply));
  (void)is_last_word_on_token(reply);
  (void)is_token_throttle(reply);
  const ReplyClass kind = classify(reply);
  must((kind == ReplyClass::answered) ==
           (reply.delivery == Delivery::complete && reply.status >= 200 && reply.status < 300),
       "what was answered is a whole reply with a 2xx");
  must(kind != ReplyClass::refused || parse_service_error(reply.body).has_value(), "a refusal has words");
  if (const auto wait = retry_after(reply))
    must(*wait >= Milliseconds(0) && *wait <= std::chrono::hours(1), "a wait has a bound");
  if (const auto token = parse_token(reply)) {
    must(!token->access_token.empty(), "a token is something");
    must(token->expires_in <= std::chrono::hours(24), "a token's life has a bound");
  } else {
    must_be_told(token.error().message);
  }
  return 0;
}
