// Any first bytes give a header or a reason, more bytes never change a header that was found, and what was found is in
// the bytes.
#include <algorithm>
#include <string>

#include "engine/csv/field.h"
#include "engine/csv/header.h"
#include "tests/fuzz/target.h"

using namespace bulkwrite::csv;
using fuzz::must;

// The first byte chooses the options, the second where the bytes are cut in two; the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string text(fuzz::text_of(data + 2, size - 2));
  HeaderOptions options;
  if (data[0] % 8 < 5) options.delimiter = ",;:|\t"[data[0] % 8];
  options.record_bytes_max = data[0] & 0x80 ? 16 : 1 << 20;

  const auto whole = read_header(text, true, options);
  if (!whole) {
    must(whole.error().kind == bulkwrite::ErrorKind::input_data, "a header at fault is input data");
    must(!whole.error().message.empty(), "a fault has a reason");
  } else {
    must(whole->has_value(), "at the end there is a header or a reason");
    const Header& header = **whole;
    must(header.data_offset <= text.size(), "the data begins within the text");
    must(text.substr(0, static_cast<size_t>(header.data_offset)).ends_with(header.bytes), "the header is in the text");
    must(!header.names.empty(), "a header has names");
    must(!options.delimiter || header.delimiter == *options.delimiter, "the delimiter is the one that was asked for");
    must(header.delimiter_detected != options.delimiter.has_value(), "a delimiter is detected or given");
    must(static_cast<size_t>(std::count(header.bytes.begin(), header.bytes.end(), header.delimiter)) + 1 >=
             header.names.size(),
         "names stand between delimiters");
    for (const std::string& fault : header_faults(header.names)) must(!fault.empty(), "a fault has a text");
    must(!delimiter_text(header.delimiter).empty(), "a delimiter has a name");
  }

  const std::string_view part = std::string_view(text).substr(0, text.size() * data[1] / 256);
  const auto early = read_header(part, false, options);
  if (early && early->has_value()) {
    must(whole && whole->has_value(), "more bytes take no header away");
    must((**early).bytes == (**whole).bytes && (**early).names == (**whole).names &&
             (**early).delimiter == (**whole).delimiter && (**early).data_offset == (**whole).data_offset,
         "more bytes change no header");
  }
  return 0;
}
