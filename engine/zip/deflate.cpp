#include "engine/zip/deflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "engine/base/check.h"

#ifdef BULKWRITE_LIBDEFLATE
#include <libdeflate.h>
#endif

namespace bulkwrite::zip {
namespace {

constexpr int kRawDeflateWindowBits = -15;
constexpr int kMemoryLevel = 8;

class ZlibDeflater final : public Deflater {
 public:
  explicit ZlibDeflater(int level) {
    const int made = deflateInit2(&stream_, level, Z_DEFLATED, kRawDeflateWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    BULKWRITE_CHECK(made == Z_OK, "zlib takes its own levels");
  }
  ZlibDeflater(const ZlibDeflater&) = delete;
  ZlibDeflater& operator=(const ZlibDeflater&) = delete;
  ~ZlibDeflater() override { deflateEnd(&stream_); }

  size_t deflate(std::string_view in, std::span<char> out) override {
    constexpr size_t kStepMax = std::numeric_limits<uInt>::max();
    if (in.size() > kStepMax || out.size() > kStepMax) return 0;
    deflateReset(&stream_);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    return ::deflate(&stream_, Z_FINISH) == Z_STREAM_END ? out.size() - stream_.avail_out : 0;
  }

 private:
  z_stream stream_{};
};

#ifdef BULKWRITE_LIBDEFLATE
class LibdeflateDeflater final : public Deflater {
 public:
  explicit LibdeflateDeflater(int level) : compressor_(libdeflate_alloc_compressor(level)) {
    BULKWRITE_CHECK(compressor_ != nullptr, "libdeflate has memory for a compressor");
  }
  size_t deflate(std::string_view in, std::span<char> out) override {
    return libdeflate_deflate_compress(compressor_.get(), in.data(), in.size(), out.data(), out.size());
  }

 private:
  struct Free {
    void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
  };
  std::unique_ptr<libdeflate_compressor, Free> compressor_;
};
#endif

Error no_such_level(int level, int max) {
  return {ErrorKind::configuration, fmt::format("deflate level {} is not from 1 to {}", level, max)};
}

}  // namespace

std::vector<Engine> available_engines() {
#ifdef BULKWRITE_LIBDEFLATE
  return {Engine::zlib, Engine::libdeflate};
#else
  return {Engine::zlib};
#endif
}

Result<std::unique_ptr<Deflater>> make_deflater(Engine engine, int level) {
  if (engine == Engine::zlib) {
    if (level < 1 || level > 9) return no_such_level(level, 9);
    return std::unique_ptr<Deflater>(std::make_unique<ZlibDeflater>(level));
  }
#ifdef BULKWRITE_LIBDEFLATE
  if (level < 1 || level > 12) return no_such_level(level, 12);
  return std::unique_ptr<Deflater>(std::make_unique<LibdeflateDeflater>(level));
#else
  return Error{ErrorKind::configuration, "this build has no libdeflate"};
#endif
}

}  // namespace bulkwrite::zip
