// multipart/form-data, in the forms that the service's clients send (contract 2.1 and appendix C).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::sandbox {

struct Part {
  std::string name;
  std::string filename;
  bool has_filename = false;
  std::string_view content;  // in the body
};

// Nothing when the body is not what the Content-Type says. The parts point into `body`.
std::optional<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body);

// Fields of a form, urlencoded or multipart.
std::multimap<std::string, std::string> parse_form(std::string_view content_type, std::string_view body);

}  // namespace bulkwrite::sandbox
