#include <gtest/gtest.h>
#include <dray/http/observer.hpp>

namespace dray::http {
namespace observer_test {
namespace {

TEST(PrintableHeaders, HideWhatCouldBeASecret) {
  for (const auto* const name :
       {"Authorization", "AUTHORIZATION", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Auth", "X-Registry-Auth",
        "X-Api-Key", "X-Amz-Security-Token", "Private-Token", "Client-Secret", "X-Signature", "X-Password"}) {
    Headers headers;
    headers.add(name, "marked");
    EXPECT_EQ(printable(headers).lines().front().second, "…") << name;
  }
}

TEST(PrintableHeaders, ShowWhatIsHarmless) {
  Headers headers;
  headers.add("WWW-Authenticate", R"(Bearer realm="https://a/token")");
  headers.add("Accept", "application/json");
  headers.add("Docker-Content-Digest", "sha256:00");
  EXPECT_EQ(printable(headers).lines(), headers.lines());
}

TEST(PrintableHeaders, ShowUrlsWithoutTheirSignature) {
  struct Row {
    const char* name;
    const char* value;
    const char* expected;
  };
  for (const auto& row :
       {Row{"Location", "https://cdn.example/a?sig=marked&se=2026", "https://cdn.example/a?sig=…&se=2026"},
        Row{"location", "/v2/a/blobs/uploads/1?_state=marked", "/v2/a/blobs/uploads/1?_state=…"},
        Row{"Content-Location", "//user:marked@a.example/", "…"}, Row{"Location", "ftp://user:marked@a/", "…"},
        Row{"Location", "//other.example/?x=marked", "…"},
        Row{"Link", "</v2/a/tags/list?n=5&key=marked>; rel=\"next\"", "</v2/a/tags/list?n=5&key=…>; rel=\"next\""},
        Row{"Link", "</a?x=marked>; rel=prev, </b?x=marked>; rel=next", "…"}, Row{"Link", "marked", "…"}}) {
    Headers headers;
    headers.add(row.name, row.value);
    EXPECT_EQ(printable(headers).lines().front().second, row.expected) << row.value;
  }
}

}  // namespace
}  // namespace observer_test
}  // namespace dray::http
