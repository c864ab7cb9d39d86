// Where the service is: its data centres, and which hosts are its own.
#pragma once

#include <span>
#include <string_view>

namespace bulkwrite::api {

// Contract 1.1. The upload host follows no rule: it is looked up, never made from another.
struct DataCentre {
  std::string_view name;  // as --dc takes it
  std::string_view accounts_base, api_base, upload_base;
};
std::span<const DataCentre> data_centres();
const DataCentre* find_data_centre(std::string_view name);  // null where there is none of that name

// scheme://host:port of a URL; empty where it is none.
std::string_view origin_of(std::string_view url);
// The host alone; empty where anything stands in its place that others might read otherwise.
std::string_view host_of(std::string_view url);

// One of the service's many hosts, by its domain. The token may go there.
bool is_service_host(std::string_view host);
// The base of an API that a token may be for: production, a sandbox or a developer organisation of a data centre.
bool is_api_base(std::string_view url);

}  // namespace bulkwrite::api
