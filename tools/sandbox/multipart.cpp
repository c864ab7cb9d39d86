#include "tools/sandbox/multipart.h"

#include "tools/sandbox/modules.h"

namespace bulkwrite::sandbox {
namespace {

// The value of ;name=value or ;name="value" in a header; nothing when absent.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  const std::string lower = lower_case(header);
  size_t at = 0;
  while ((at = lower.find(name, at)) != std::string::npos) {
    const char before = at == 0 ? ';' : lower[at - 1];
    const size_t equals = at + name.size();
    at = equals;
    if ((before != ';' && before != ' ' && before != '\t') || equals >= lower.size() || lower[equals] != '=') continue;
    std::string_view value = header.substr(equals + 1);
    if (!value.starts_with('"')) return std::string(value.substr(0, value.find_first_of("; \t")));
    std::string text;
    for (size_t i = 1; i < value.size() && value[i] != '"'; ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) ++i;
      text.push_back(value[i]);
    }
    return text;
  }
  return std::nullopt;
}

Part read_headers(std::string_view headers) {
  Part part;
  while (!headers.empty()) {
    const size_t end = std::min(headers.find("\r\n"), headers.size());
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + 2, headers.size()));
    if (!lower_case(line.substr(0, 20)).starts_with("content-disposition:")) continue;
    part.name = parameter(line, "name").value_or("");
    const auto filename = parameter(line, "filename");
    part.has_filename = filename.has_value();
    part.filename = filename.value_or("");
  }
  return part;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string url_decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (escape) {
      plain.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      plain.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return plain;
}

}  // namespace

std::optional<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body) {
  const auto boundary = parameter(content_type, "boundary");
  if (!lower_case(content_type).starts_with("multipart/form-data") || !boundary || boundary->empty())
    return std::nullopt;
  const std::string dashes = "--" + *boundary;
  const std::string separator = "\r\n" + dashes;
  size_t at = body.find(dashes);
  if (at == std::string_view::npos) return std::nullopt;
  at += dashes.size();
  std::vector<Part> parts;
  while (body.substr(at, 2) != "--") {
    const size_t headers = body.find("\r\n", at);
    if (headers == std::string_view::npos) return std::nullopt;
    // From the line end on, so that a part without any header is found too.
    const size_t blank = body.find("\r\n\r\n", headers);
    if (blank == std::string_view::npos) return std::nullopt;
    const size_t end = body.find(separator, blank + 2);
    if (end == std::string_view::npos) return std::nullopt;
    const size_t first = std::min(headers + 2, blank);
    Part part = read_headers(body.substr(first, blank - first));
    part.content = end < blank + 4 ? std::string_view() : body.substr(blank + 4, end - blank - 4);
    parts.push_back(part);
    at = end + separator.size();
  }
  return parts;
}

std::multimap<std::string, std::string> parse_form(std::string_view content_type, std::string_view body) {
  std::multimap<std::string, std::string> fields;
  if (const auto parts = parse_multipart(content_type, body)) {
    for (const auto& part : *parts) fields.emplace(part.name, part.content);
    return fields;
  }
  while (!body.empty()) {
    const size_t end = std::min(body.find('&'), body.size());
    const std::string_view pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      fields.emplace(url_decoded(pair.substr(0, equals)), url_decoded(pair.substr(std::min(equals + 1, pair.size()))));
    }
  }
  return fields;
}

}  // namespace bulkwrite::sandbox
