#include "engine/api/data_centre.h"

#include <catch2/catch.hpp>
#include <string>

using namespace bulkwrite::api;

TEST_CASE("there are eight data centres, and all their hosts are the service's") {
  CHECK(data_centres().size() == 8);
  for (const DataCentre& centre : data_centres()) {
    CAPTURE(centre.name);
    CHECK(find_data_centre(centre.name) == &centre);
    for (const std::string_view base : {centre.accounts_base, centre.api_base, centre.upload_base}) {
      CAPTURE(base);
      CHECK(base.starts_with("https://"));
      CHECK(is_service_host(host_of(base)));
    }
    CHECK(is_api_base(centre.api_base));
    CHECK_FALSE(is_api_base(centre.accounts_base));
  }
  CHECK(find_data_centre("mars") == nullptr);
  CHECK(find_data_centre("") == nullptr);
}

TEST_CASE("an upload host is looked up, not made from the API's") {
  CHECK(find_data_centre("us")->upload_base == "https://content.zohoapis.com");
  CHECK(find_data_centre("ca")->upload_base == "https://upload.zohocloud.ca");
  CHECK(find_data_centre("sa")->upload_base == "https://files.zoho.sa");
}

TEST_CASE("an API base is one to the letter") {
  for (const char* const base :
       {"https://www.zohoapis.com", "https://sandbox.zohoapis.eu", "https://developer.zohoapis.com.au"})
    CHECK(is_api_base(base));
  for (const char* const base :
       {"http://www.zohoapis.com", "https://www.zohoapis.com.evil.example", "https://www.zohoapis.com:444",
        "https://www.zohoapis.com/x", "https://evil.zohoapis.com", "https://zohoapis.com",
        "https://www.evilzohoapis.com", "https://a@www.zohoapis.com", "www.zohoapis.com", ""}) {
    CAPTURE(base);
    CHECK_FALSE(is_api_base(base));
  }
}

TEST_CASE("a host that only looks like the service's is none of its") {
  for (const char* const host : {"download-accl.zoho.com", "upload-accl.zoho.in", "download.zoho.com.au"})
    CHECK(is_service_host(host));
  for (const char* const host : {"evilzoho.com", "zoho.com.evil.example", "zoho.com", ".zoho.com", ""}) {
    CAPTURE(host);
    CHECK_FALSE(is_service_host(host));
  }
}
