#include "bench/run/null_transport.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "bench/csv/cutting.h"
#include "engine/base/file.h"
#include "engine/csv/records.h"
#include "engine/zip/archive.h"
#include "engine/zip/crc32.h"
#include "engine/zip/deflate.h"
#include "engine/zip/reader.h"

namespace bench {
namespace {

using namespace bulkwrite;

constexpr size_t kEchoed = 3;  // the first mapped columns, which a result repeats (contract 6.3)

template <typename T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

std::string member_of(std::string_view archive) {
  auto reader = need(zip::ArchiveReader::open_bytes(archive));
  need(reader.next_member());
  std::string text, block(1 << 20, '\0');
  while (const size_t got = need(reader.read(block))) text.append(block, 0, got);
  return text;
}

// Every record of the member was added.
std::string result_text(const std::string& member, const nlohmann::json& mappings) {
  const auto header = need(csv::read_header(member, true, {.delimiter = ','}));
  const size_t echoed = std::min(kEchoed, mappings.size());
  std::string text;
  for (size_t i = 0; i < echoed; ++i) text += mappings[i]["api_name"].get<std::string>() + ",";
  text += "STATUS,RECORD_ID,ERRORS\n";
  uint64_t record_id = 5'725'767'000'000'500'000;
  cut(member, [&](const csv::Chunk& chunk) {
    csv::RecordReader reader(chunk);
    for (csv::Record record; reader.next(record);) {
      for (size_t i = 0; i < echoed; ++i) (text += reader.fields()[mappings[i]["index"].get<size_t>()]) += ',';
      text += fmt::format("ADDED,{},\n", ++record_id);
    }
  });
  return text;
}

std::string_view last_part(std::string_view url) {
  return url.substr(url.rfind('/') + 1);
}

}  // namespace

void NullTransport::start(uint64_t id, api::Request request) {
  replies_.push_back({id, {.delivery = api::Delivery::complete, .status = 200, .body = answer(request)}});
}

std::vector<api::Completion> NullTransport::wait(Milliseconds at_most) {
  std::unique_lock lock(mutex_);
  if (replies_.empty()) woken_up_.wait_for(lock, at_most, [&] { return woken_; });
  woken_ = false;
  return std::exchange(replies_, {});
}

void NullTransport::wake() {
  const std::scoped_lock lock(mutex_);
  woken_ = true;
  woken_up_.notify_one();
}

std::string NullTransport::answer(const api::Request& request) {
  const std::string_view url = request.url;
  const auto asks_for = [&](std::string_view path) { return url.find(path) != url.npos; };
  if (asks_for("/settings/fields")) return service_.fields_json;
  if (asks_for("/settings/layouts")) return R"({"layouts":[]})";
  if (url.ends_with("/upload")) return take_upload(request);
  if (url.ends_with("/write")) return create_job(request.body);
  if (asks_for("/bulk-write/")) return need(read_file(result_of(last_part(url))));
  return details_of(last_part(url));
}

std::string NullTransport::take_upload(const api::Request& request) {
  if (!std::filesystem::exists(result_of(request.file_name))) without_result_.emplace(request.file_name, request.file);
  return fmt::format(R"({{"status":"success","code":"FILE_UPLOAD_SUCCESS","details":{{"file_id":"{}"}}}})",
                     request.file_name);
}

std::string NullTransport::create_job(std::string_view body) {
  const nlohmann::json job = nlohmann::json::parse(body).at("resource").at(0);
  const std::string name = job.at("file_id");
  if (const auto upload = without_result_.extract(name); !upload.empty()) {
    const std::string text = result_text(member_of(upload.mapped()), job.at("field_mappings"));
    const auto deflater = need(zip::make_deflater(zip::Engine::zlib, 6));
    zip::ArchiveWriter writer;
    const auto result = need(writer.pack("Leads-bulkwrite.csv", text, zip::crc32(0, text), deflater.get()));
    if (auto ok = write_file(result_of(name), result.joined()); !ok) throw std::runtime_error(ok.error().message);
  }
  return fmt::format(R"({{"status":"success","code":"SUCCESS","details":{{"id":"{}"}}}})", name);
}

std::string NullTransport::details_of(std::string_view job) const {
  return fmt::format(R"({{"status":"COMPLETED","id":"{0}","resource":[{{"status":"COMPLETED","code":"SUCCESS"}}],)"
                     R"("result":{{"download_url":"/v8/crm/org1/bulk-write/{0}"}}}})",
                     job);
}

}  // namespace bench
