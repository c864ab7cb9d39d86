#include "tools/sandbox/callbacks.h"

#include <fmt/format.h>
#include <httplib.h>

#include <cstdio>
#include <utility>

namespace bulkwrite::sandbox {
namespace {

constexpr size_t kWaitingMax = 10'000;
constexpr int kTimeoutSeconds = 3;

void deliver(const std::string& url, const std::string& body) {
  const size_t path = url.find('/', url.find("://") + 3);
  httplib::Client client(url.substr(0, path));
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  client.set_write_timeout(kTimeoutSeconds);
  const auto answer = client.Post(path == std::string::npos ? "/" : url.substr(path), body, "application/json");
  if (!answer) fmt::print(stderr, "callback not delivered: {}\n", httplib::to_string(answer.error()));
}

}  // namespace

Callbacks::Callbacks() : thread_([this] { run(); }) {}

Callbacks::~Callbacks() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Callbacks::post(std::string url, std::string body) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() == kWaitingMax) {
      fmt::print(stderr, "callback dropped: {} wait already\n", kWaitingMax);
      waiting_.pop_front();
    }
    waiting_.push_back({std::move(url), std::move(body)});
  }
  changed_.notify_all();
}

void Callbacks::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Call call = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    deliver(call.url, call.body);
    lock.lock();
  }
}

}  // namespace bulkwrite::sandbox
