// Any bytes, in blocks that are scanned ahead under both hypotheses, give the chunks of the serial scan, bit for bit,
// wherever the blocks begin and whichever kernel scans them.
#include <cstdint>
#include <string>

#include "tests/csv/scanned_ahead.h"
#include "tests/fuzz/target.h"

namespace {

using namespace scanned_ahead;

constexpr size_t kOptionBytes = 6;
constexpr size_t kSizesTried = 12;  // of blocks, for one input; which ones, the input says

Input input_of(const uint8_t* data, size_t size) {
  Input input{.texts = {std::string(reinterpret_cast<const char*>(data) + kOptionBytes, size - kOptionBytes)},
              .columns = size_t{1} + data[0] / 5 % 4,
              .delimiter = ",;:|\t"[data[0] % 5],
              .options = {}};
  // As two sources now and then, so that a chunk has bytes of both.
  if (data[1] >= 192) {
    std::string& first = input.texts.front();
    const size_t end = first.size() * data[5] / 256;
    std::string second = first.substr(end);
    first.resize(end);
    input.texts.push_back(std::move(second));
  }
  input.options = {.records_max = size_t{1} + data[1] % 64,
                   .bytes_max = 30 + size_t{8} * data[2],
                   .quote_bytes_max = data[3] < 192 ? size_t{1} + data[3] : size_t{1} << 20,
                   .resync_on_unclosed_quote = data[4] % 2 == 0};
  return input;
}

void hold_against(const Given& expected, const Input& input, size_t block_bytes, size_t step_bytes,
                  size_t serial_every) {
  size_t blocks = 0;
  const Given given = cut(input, {[&] { return block_bytes; },
                                  [&] { return serial_every == 0 || ++blocks % serial_every != 0; }, step_bytes});
  const std::string what = difference(given, expected);
  fuzz::must(what.empty(), what.c_str());
}

}  // namespace

// The first bytes choose the options, the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kOptionBytes) return 0;
  Input input = input_of(data, size);
  const std::span<const Kernel> kernels = available_kernels();
  input.options.kernel = &kernels.back();  // the definition
  const Given expected = cut_serially(input);
  input.options.kernel = &kernels[data[4] / 2 % kernels.size()];
  const size_t step_bytes = size_t{1} + data[5];
  const size_t serial_every = data[4] >= 224 ? 3 : 0;  // blocks that the front scans itself stand between
  const size_t text_bytes = size - kOptionBytes;
  const size_t apart = 1 + text_bytes / kSizesTried;
  for (size_t block = 1 + data[2] % apart; block <= text_bytes; block += apart)
    hold_against(expected, input, block, step_bytes, serial_every);
  return 0;
}
