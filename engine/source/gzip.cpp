#include "engine/source/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "engine/base/check.h"

namespace bulkwrite::source {
namespace {

constexpr size_t kInBytes = 128 * 1024;
constexpr int kGzipWindowBits = 15 + 16;

class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<File> file) : file_(std::move(file)), in_(kInBytes) {
    const int made = inflateInit2(&stream_, kGzipWindowBits);
    BULKWRITE_CHECK(made == Z_OK, "zlib can inflate");
  }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream() override { inflateEnd(&stream_); }

  const std::string& name() const override { return file_->name(); }
  bool rereadable() const override { return false; }
  const FileIdentity& identity() const override { return file_->identity(); }
  uint64_t file_bytes_read() const override { return file_->bytes_read(); }

  Result<size_t> read(std::span<char> out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), 1 << 30));
    const uInt asked = stream_.avail_out;
    while (stream_.avail_out == asked) {
      if (stream_.avail_in == 0)
        if (auto ok = refill(); !ok) return std::move(ok).error();
      if (between_members_) {
        const auto began = begin_member();
        if (!began) return began.error();
        if (!*began) return size_t{0};
      }
      if (stream_.avail_in == 0) return damaged("the file is cut off");
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END)
        between_members_ = true;
      else if (status != Z_OK && status != Z_BUF_ERROR)
        return damaged(stream_.msg == nullptr ? "the data is damaged" : stream_.msg);
    }
    const size_t got = asked - stream_.avail_out;
    out_bytes_ += got;
    return got;
  }

 private:
  Result<void> refill() {
    auto got = file_->read(in_);
    if (!got) return std::move(got).error();
    stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
    stream_.avail_in = static_cast<uInt>(*got);
    return {};
  }

  // False at the end of the file.
  Result<bool> begin_member() {
    for (;;) {
      while (members_ > 0 && stream_.avail_in > 0 && *stream_.next_in == 0) {
        ++stream_.next_in;
        --stream_.avail_in;
        padded_ = true;
      }
      if (stream_.avail_in > 0) break;
      if (auto ok = refill(); !ok) return std::move(ok).error();
      if (stream_.avail_in == 0 && members_ == 0) return damaged("the file is cut off");
      if (stream_.avail_in == 0) return false;
    }
    if (padded_) return damaged("there are other bytes behind the padding at its end");
    ++members_;
    between_members_ = false;
    inflateReset(&stream_);
    return true;
  }

  Error damaged(const std::string& why) const {
    return {ErrorKind::input_data,
            fmt::format("{}: damaged gzip data near byte {} of the file (byte {} of the CSV): {}", name(),
                        file_->bytes_read() - stream_.avail_in, out_bytes_, why)};
  }

  std::unique_ptr<File> file_;
  std::vector<char> in_;
  z_stream stream_{};
  bool between_members_ = true, padded_ = false;
  uint64_t members_ = 0, out_bytes_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> gzip_stream(std::unique_ptr<File> file) {
  return std::make_unique<GzipStream>(std::move(file));
}

}  // namespace bulkwrite::source
