#include "tests/sim/post.h"

namespace sim {

std::optional<Post::Call> Post::take(Instant now) {
  collect(now);
  if (calls_.empty() || calls_.begin()->first > now) return std::nullopt;
  Call call = calls_.begin()->second;
  calls_.erase(calls_.begin());
  trace_.tell("callback: job {}", call.job_id);
  return call;
}

void Post::collect(Instant now) {
  books_.work(now);
  while (const auto job = books_.take_callback(now)) send(*job, now);
}

void Post::send(const twin::Job& job, Instant now) {
  const std::string token = job.callback_url.substr(job.callback_url.rfind('/') + 1);
  const auto call = [&](Milliseconds after, const std::string& to, const std::string& job_id) {
    calls_.emplace(now + after, Call{to, job_id});
  };
  if (faults_.strikes(Fault::callback_of_unknown_job)) call(Milliseconds(0), token, "999999999");
  if (faults_.strikes(Fault::callback_of_unknown_chunk)) call(Milliseconds(0), "0123456789abcdef", job.id);
  if (books_.jobs().size() > 1 && faults_.strikes(Fault::callback_of_other_job)) {
    auto other = books_.jobs().begin();
    std::advance(other, static_cast<ptrdiff_t>(random_.below(books_.jobs().size())));
    call(Milliseconds(0), token, other->first);
  }
  if (faults_.strikes(Fault::callback_lost)) return;
  const Milliseconds most = faults_.strikes(Fault::callback_late) ? std::chrono::minutes(30) : Milliseconds(500);
  call(random_.between(Milliseconds(1), most), token, job.id);
  if (faults_.strikes(Fault::callback_duplicated)) call(random_.between(Milliseconds(1), most), token, job.id);
}

}  // namespace sim
