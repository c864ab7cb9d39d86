#include "engine/api/data_centre.h"

#include <algorithm>
#include <array>

namespace bulkwrite::api {
namespace {

constexpr std::array<DataCentre, 8> kDataCentres{{
    {"us", "https://accounts.zoho.com", "https://www.zohoapis.com", "https://content.zohoapis.com"},
    {"eu", "https://accounts.zoho.eu", "https://www.zohoapis.eu", "https://content.zohoapis.eu"},
    {"in", "https://accounts.zoho.in", "https://www.zohoapis.in", "https://content.zohoapis.in"},
    {"au", "https://accounts.zoho.com.au", "https://www.zohoapis.com.au", "https://content.zohoapis.com.au"},
    {"cn", "https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn", "https://content.zohoapis.com.cn"},
    {"jp", "https://accounts.zoho.jp", "https://www.zohoapis.jp", "https://content.zohoapis.jp"},
    {"ca", "https://accounts.zohocloud.ca", "https://www.zohoapis.ca", "https://upload.zohocloud.ca"},
    {"sa", "https://accounts.zoho.sa", "https://www.zohoapis.sa", "https://files.zoho.sa"},
}};

constexpr std::string_view kHttps = "https://";

// What stands behind the first label: "zoho.eu" of "https://accounts.zoho.eu".
std::string_view domain_of(std::string_view base) {
  return base.substr(base.find('.') + 1);
}

bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() + 1 && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

std::span<const DataCentre> data_centres() {
  return kDataCentres;
}

const DataCentre* find_data_centre(std::string_view name) {
  const auto* const found = std::find_if(kDataCentres.begin(), kDataCentres.end(),
                                         [&](const DataCentre& centre) { return centre.name == name; });
  return found == kDataCentres.end() ? nullptr : found;
}

std::string_view origin_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, std::min(url.find('/', scheme + 3), url.size()));
}

std::string_view host_of(std::string_view url) {
  std::string_view origin = origin_of(url);
  origin.remove_prefix(std::min(origin.size(), origin.find("://") + 3));
  if (origin.find('@') != std::string_view::npos) return {};
  const std::string_view host = origin.substr(0, origin.find(':'));
  // Whatever else stands in it, such as "?" or "\\", may end the host for others who read the URL.
  const bool is_plain = std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  return is_plain ? host : std::string_view();
}

bool is_service_host(std::string_view host) {
  return std::any_of(kDataCentres.begin(), kDataCentres.end(), [&](const DataCentre& centre) {
    return is_below(host, domain_of(centre.accounts_base)) || is_below(host, domain_of(centre.api_base));
  });
}

bool is_api_base(std::string_view url) {
  if (!url.starts_with(kHttps)) return false;
  const std::string_view host = url.substr(kHttps.size());
  const std::string_view label = host.substr(0, host.find('.'));
  if (label != "www" && label != "sandbox" && label != "developer") return false;
  return std::any_of(kDataCentres.begin(), kDataCentres.end(),
                     [&](const DataCentre& centre) { return domain_of(host) == domain_of(centre.api_base); });
}

}  // namespace bulkwrite::api
