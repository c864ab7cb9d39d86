#include "engine/api/credit_budget.h"

#include <charconv>

#include "engine/api/replies.h"

namespace bulkwrite::api {

bool CreditBudget::costs_nothing(const Reply& reply) {
  const ReplyClass said = classify(reply);
  return said == ReplyClass::not_sent || (said == ReplyClass::throttled && parse_service_error(reply.body));
}

std::optional<uint64_t> CreditBudget::told_by(const Reply& reply) {
  const std::string_view text = reply.header("x-api-credits-remaining");
  uint64_t credits = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), credits);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return credits;
}

void CreditBudget::hear(const Reply& reply) {
  const auto credits = told_by(reply);
  if (!credits) return;
  told_ = credits;
  spent_when_told_ = spent_;
}

std::optional<uint64_t> CreditBudget::remaining() const {
  if (!told_) return std::nullopt;
  // What was given back since may make it less than it was.
  const uint64_t since = spent_ > spent_when_told_ ? spent_ - spent_when_told_ : 0;
  return since < *told_ ? *told_ - since : 0;
}

}  // namespace bulkwrite::api
