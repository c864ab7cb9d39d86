// Inputs whose every record is known: what it is in the CSV, what the CRM shall hold of it, and what becomes of it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kill_anywhere {

enum class Fate { loaded, rejected, skipped };

struct Record {
  std::vector<std::string> fields;  // as in the CSV
  std::vector<std::string> stored;  // the same columns in the sandbox's table
  Fate fate = Fate::loaded;
};

struct Source {
  std::string module;
  std::vector<std::string> columns;  // all are mapped
  std::vector<Record> records;
  size_t chunk_records = 5;
  size_t key_column = 0;  // of an upsert: records that are equal in it are one record of the CRM, the last of them

  size_t chunks() const { return (records.size() + chunk_records - 1) / chunk_records; }
  bool is_sent(size_t chunk) const;  // some record of it is not rejected
  size_t count(Fate fate) const;
  std::string csv() const;
};

// 13 chunks, with line ends, quotes and commas in fields, records that occur twice, rejects, records that the service
// skips, a blank line, and one chunk of which nothing can be sent.
Source events();  // of Events_Log, which has no unique field
Source leads();   // of Leads, by the unique Email
Source leads_once();  // the same, where records that repeat an Email are rejected

}  // namespace kill_anywhere
