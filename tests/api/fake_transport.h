// A transport in virtual time between a client and the ServiceTwin: waiting turns the hands of the clock, and no test
// ever sleeps. What befalls a request on its way is decided when it starts.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/api/transport.h"
#include "engine/base/clock.h"
#include "tests/api/service_twin.h"
#include "tests/api/service_words.h"

namespace twin {

using bulkwrite::api::Completion;
using bulkwrite::api::Delivery;

// What befalls one request. Half of `takes` passes until it arrives, half until the reply is there.
struct Fate {
  Milliseconds takes{100};
  bool arrives = true;           // the service acts on it
  std::optional<Reply> instead;  // comes in place of the service's own reply
  bool outlives = false;         // arrives also when the client is gone before that
  bool is_answered = true;       // false: nothing comes until the request's timeout, then that it is uncertain

  static Fate lost_on_the_way() { return {.arrives = false, .instead = service_words::lost()}; }
  static Fate reply_lost() { return {.instead = service_words::lost()}; }
  static Fate no_connection() { return {.arrives = false, .instead = service_words::not_sent()}; }
  static Fate answered_with(Reply reply) { return {.arrives = false, .instead = std::move(reply)}; }
  static Fate silence() { return {.is_answered = false}; }
};

class FakeTransport final : public bulkwrite::api::Transport {
 public:
  // `nth` counts from 1 within its kind.
  using FateOf = std::function<Fate(Kind kind, size_t nth, const Request& request)>;

  FakeTransport(ServiceTwin& service, bulkwrite::ManualClock& clock) : service_(service), clock_(clock) {}

  FateOf fate = [](Kind, size_t, const Request&) { return Fate{}; };

  void start(uint64_t id, Request request) override {
    const Kind kind = kind_of(request);
    Flight flight{.fate = fate(kind, ++started_[kind], request), .request = std::move(request)};
    flight.next = clock_.now() + flight.fate.takes / 2;
    flight.timeout = clock_.now() + flight.request.timeout;
    if (!flights_.emplace(id, std::move(flight)).second) throw std::logic_error("an exchange has an id of its own");
    most_in_flight_ = std::max(most_in_flight_, flights_.size());
  }

  std::vector<Completion> wait(Milliseconds at_most) override {
    ++waits_;
    const Instant until = clock_.now() + std::max(at_most, Milliseconds(0));
    while (!std::exchange(woken_, false)) {
      hand_over_orphans();
      const auto next = std::min_element(flights_.begin(), flights_.end(),
                                         [](const auto& a, const auto& b) { return a.second.next < b.second.next; });
      if (!orphans_.empty() && orphans_.begin()->first <= until &&
          (next == flights_.end() || orphans_.begin()->first < next->second.next)) {
        clock_.advance(std::max(orphans_.begin()->first - clock_.now(), Milliseconds(0)));
        continue;
      }
      if (next == flights_.end() || next->second.next > until) {
        clock_.advance(until - clock_.now());
        break;
      }
      clock_.advance(std::max(next->second.next - clock_.now(), Milliseconds(0)));
      if (auto done = move_on(next->second)) {
        std::vector<Completion> completions;
        completions.push_back({next->first, *std::move(done)});
        flights_.erase(next);
        return completions;
      }
    }
    return {};
  }

  void cancel(uint64_t id) override {
    const auto found = flights_.find(id);
    if (found == flights_.end()) return;
    // The bytes of a file were the client's.
    if (const Flight& flight = found->second;
        flight.fate.outlives && !flight.has_arrived && flight.request.file.empty())
      orphans_.emplace(flight.next, flight.request);
    flights_.erase(found);
  }
  // The client is gone.
  void cut_off() {
    while (!flights_.empty()) cancel(flights_.begin()->first);
  }
  void wake() override { woken_ = true; }

  size_t in_flight() const { return flights_.size(); }
  size_t orphans() const { return orphans_.size(); }
  size_t most_in_flight() const { return most_in_flight_; }
  size_t waits() const { return waits_; }
  size_t started(Kind kind) const { return started_.contains(kind) ? started_.at(kind) : 0; }

 private:
  struct Flight {
    Fate fate;
    Request request;
    Instant next{};  // when something happens to it
    Instant timeout{};
    bool has_arrived = false;
    std::optional<Reply> reply;
  };

  // What a client that is gone had sent.
  void hand_over_orphans() {
    while (!orphans_.empty() && orphans_.begin()->first <= clock_.now()) {
      const auto orphan = orphans_.extract(orphans_.begin());
      service_.answer(orphan.mapped(), clock_.now());
    }
  }

  // A reply, once it is there.
  std::optional<Reply> move_on(Flight& flight) {
    if (flight.has_arrived) return flight.reply ? std::move(flight.reply) : service_words::lost();
    flight.has_arrived = true;
    if (flight.fate.arrives) flight.reply = service_.answer(flight.request, clock_.now());
    if (flight.fate.instead) flight.reply = flight.fate.instead;
    const Instant replied = clock_.now() + flight.fate.takes / 2;
    const bool in_time = flight.fate.is_answered && replied <= flight.timeout;
    if (!in_time) flight.reply.reset();
    flight.next = in_time ? replied : flight.timeout;
    return std::nullopt;
  }

  ServiceTwin& service_;
  bulkwrite::ManualClock& clock_;
  std::map<uint64_t, Flight> flights_;
  std::multimap<Instant, Request> orphans_;  // by when they arrive
  std::map<Kind, size_t> started_;
  size_t most_in_flight_ = 0, waits_ = 0;
  bool woken_ = false;
};

}  // namespace twin
