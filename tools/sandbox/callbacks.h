// Posts callbacks, one after another, on a thread of its own: one attempt each, no retry (contract 5).
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace bulkwrite::sandbox {

class Callbacks {
 public:
  Callbacks();
  ~Callbacks();  // drops what has not been posted

  // Beyond kWaitingMax the oldest is dropped, with a word on stderr.
  void post(std::string url, std::string body);

 private:
  struct Call {
    std::string url;
    std::string body;
  };

  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Call> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace bulkwrite::sandbox
