#include "engine/run/run_options.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace bulkwrite::run {
namespace {

LoadOptions some_options() {
  LoadOptions options;
  options.input.files = {"a.csv", "exports/*.csv", "my \"odd\"\nname.csv"};
  options.input.directory = "/data/in";
  options.input.delimiter = ';';
  options.input.encoding = "GB18030";
  options.input.records_max = 10;
  options.input.bytes_max = 20'000;
  options.input.record_bytes_max = 3'000;
  options.input.resync_on_unclosed_quote = true;
  options.module = "Leads";
  options.operation = schema::Operation::upsert;
  options.find_by = "Email";
  options.date_format = "dd/MM/yyyy";
  options.datetime_format = "dd/MM/yyyy HH:mm";
  options.strict = true;
  options.unknown_choice = schema::UnknownChoice::is_violation;
  options.column_formats = {{"Born", "dd.MM.yyyy"}};
  options.on_repeat = OnRepeat::last;
  return options;
}

RunFacts facts_of(const LoadOptions& options) {
  RunFacts facts;
  facts.module = options.module;
  facts.operation = operation_name(options.operation);
  facts.find_by = options.find_by;
  facts.options = options_text(options);
  return facts;
}

}  // namespace

TEST_CASE("a run remembers the profile that it was begun with, and one of before there were any has none") {
  LoadOptions options = some_options();
  CHECK(profile_of(facts_of(options)).empty());
  options.profile = "work";
  CHECK(profile_of(facts_of(options)) == "work");
  RunFacts old;
  for (const char* const text : {"", "{}", "[]", R"({"profile": 1})"}) {
    old.options = text;
    CHECK(profile_of(old).empty());
  }
}

TEST_CASE("a run goes on with the call that began it, and with the target and limits of the one that resumes it") {
  const LoadOptions first = some_options();
  LoadOptions how;
  how.input.files = {"another.csv"};
  how.module = "Contacts";
  how.find_by = "Phone";
  how.target.api_base = "http://127.0.0.1:1";
  how.credentials.access_token = "token";
  how.workers = 3;
  how.packing = Packing::small;
  how.attempts_max = 2;
  how.run_dir = "runs/a";
  const auto bound = bound_options(facts_of(first), how);
  REQUIRE(bound);
  CHECK(bound->input.files == first.input.files);
  CHECK(bound->input.directory == "/data/in/");
  CHECK(bound->input.delimiter == ';');
  CHECK(bound->input.encoding == "GB18030");
  CHECK(bound->input.records_max == 10);
  CHECK(bound->input.bytes_max == 20'000);
  CHECK(bound->input.record_bytes_max == 3'000);
  CHECK(bound->input.resync_on_unclosed_quote);
  CHECK(bound->module == "Leads");
  CHECK(bound->operation == schema::Operation::upsert);
  CHECK(bound->find_by == "Email");
  CHECK(bound->date_format == first.date_format);
  CHECK(bound->datetime_format == first.datetime_format);
  CHECK(bound->strict);
  CHECK(bound->unknown_choice == schema::UnknownChoice::is_violation);
  CHECK(bound->column_formats == first.column_formats);
  CHECK(bound->on_repeat == OnRepeat::last);
  CHECK(bound->target.api_base == how.target.api_base);
  CHECK(bound->credentials.access_token == "token");
  CHECK(bound->workers == 3);
  CHECK(bound->packing == Packing::small);
  CHECK(bound->attempts_max == 2);
  CHECK(bound->run_dir == "runs/a");
  CHECK(cut_text(bound->input) == cut_text(first.input));
}

TEST_CASE("a level is no part of what a run is bound to") {
  LoadOptions options = some_options(), other = some_options();
  options.packing = Packing::fast;
  other.packing = Packing::small;
  CHECK(options_text(options) == options_text(other));
}

TEST_CASE("a run remembers the key and what becomes of unmapped columns and blanks, and one of before knew none") {
  LoadOptions first = some_options();
  LoadOptions how;
  how.key = "Phone";
  how.drop_unmapped = how.ignore_empty = true;
  auto bound = bound_options(facts_of(first), how);
  REQUIRE(bound);
  CHECK(bound->key.empty());
  CHECK_FALSE(bound->drop_unmapped);
  CHECK_FALSE(bound->ignore_empty);
  first.key = "Email";
  first.drop_unmapped = first.ignore_empty = true;
  bound = bound_options(facts_of(first), {});
  REQUIRE(bound);
  CHECK(bound->key == "Email");
  CHECK(bound->drop_unmapped);
  CHECK(bound->ignore_empty);
}

TEST_CASE("relative files are found again from another directory") {
  LoadOptions options = some_options();
  options.input.directory.clear();
  const auto bound = bound_options(facts_of(options), {});
  REQUIRE(bound);
  CHECK(bound->input.directory == std::filesystem::current_path() / "");
}

TEST_CASE("a delimiter that was detected is detected again") {
  LoadOptions options = some_options();
  options.input.delimiter.reset();
  LoadOptions how;
  const auto bound = bound_options(facts_of(options), how);
  REQUIRE(bound);
  CHECK_FALSE(bound->input.delimiter);
}

TEST_CASE("without an encoding the text is that of a run from before there was one") {
  LoadOptions options = some_options();
  options.input.encoding.reset();
  CHECK(cut_text(options.input).find("encoding") == std::string::npos);
  const auto bound = bound_options(facts_of(options), {});
  REQUIRE(bound);
  CHECK_FALSE(bound->input.encoding);
}

TEST_CASE("no credential gets into what a ledger keeps") {
  LoadOptions options = some_options();
  options.credentials = {"SECRET1", "SECRET2", "SECRET3", "SECRET4"};
  options.callback_url = "https://example.org/SECRET5";
  CHECK(options_text(options).find("SECRET") == std::string::npos);
}

TEST_CASE("the same text means the same chunks, and everything that makes other chunks is in it") {
  const InputOptions options = some_options().input;
  InputOptions other = options;
  other.files = {"moved.csv"};
  other.directory = "/elsewhere";
  CHECK(cut_text(other) == cut_text(options));
  const auto changed = [&](const std::function<void(InputOptions&)>& change) {
    InputOptions now = options;
    change(now);
    return cut_text(now) != cut_text(options);
  };
  CHECK(changed([](InputOptions& o) { o.delimiter = ','; }));
  CHECK(changed([](InputOptions& o) { o.delimiter.reset(); }));
  CHECK(changed([](InputOptions& o) { o.encoding = "Shift_JIS"; }));
  CHECK(changed([](InputOptions& o) { o.encoding.reset(); }));
  CHECK(changed([](InputOptions& o) { ++o.records_max; }));
  CHECK(changed([](InputOptions& o) { ++o.bytes_max; }));
  CHECK(changed([](InputOptions& o) { ++o.record_bytes_max; }));
  CHECK(changed([](InputOptions& o) { o.resync_on_unclosed_quote = false; }));
}

TEST_CASE("a ledger that does not hold its call is refused, whatever stands in its place") {
  const RunFacts whole = facts_of(some_options());
  for (const std::string text : {"", "{}", "null", "[1]", R"({"files":"a.csv"})"}) {
    CAPTURE(text);
    RunFacts facts = whole;
    facts.options = text;
    const auto bound = bound_options(facts, {});
    REQUIRE_FALSE(bound);
    CHECK(bound.error().kind == ErrorKind::input_data);
  }
  const nlohmann::json call = nlohmann::json::parse(whole.options);
  for (const auto& [key, value] : call.items()) {
    CAPTURE(key);
    RunFacts facts = whole;
    nlohmann::json json = call;
    json.erase(key);
    facts.options = json.dump();
    CHECK_FALSE(bound_options(facts, {}));
  }
  RunFacts facts = whole;
  nlohmann::json json = call;
  json["cut"]["delimiter"] = "";
  facts.options = json.dump();
  CHECK_FALSE(bound_options(facts, {}));
}

TEST_CASE("operations go by their names and back") {
  for (const std::string name : {"insert", "update", "upsert"}) CHECK(operation_name(operation_of(name)) == name);
}

}  // namespace bulkwrite::run
