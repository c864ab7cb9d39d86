#include "tools/bulkwrite/signals.h"

#include <signal.h>
#include <unistd.h>

namespace bulkwrite::cli {
namespace {

constexpr long kLookNanoseconds = 100'000'000;

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file at its quota is an error of that file
  watcher_ = std::jthread([this](std::stop_token ended) { watch(ended); });
}

// The watcher sees that it is over when a signal wakes it; this one is for it alone.
Signals::~Signals() {
  watcher_.request_stop();
  pthread_kill(watcher_.native_handle(), SIGTERM);
}

void Signals::watch(std::stop_token ended) {
  const sigset_t set = our_signals();
  const timespec look{0, kLookNanoseconds};
  while (!ended.stop_requested()) {
    const int signal_number = sigtimedwait(&set, nullptr, &look);
    if (ended.stop_requested()) return;
    if (signal_number <= 0) continue;
    if (received_ != 0) _exit(128 + signal_number);
    received_ = signal_number;
    stop_.request_stop();
  }
}

void unblock_signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace bulkwrite::cli
