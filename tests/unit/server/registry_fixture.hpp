#pragma once

#include <gtest/gtest.h>
#include <dray/base/clock.hpp>
#include <dray/core/digester.hpp>
#include <dray/format/manifest.hpp>
#include <dray/server/registry.hpp>
#include <dray/store/registry_folder.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace dray::server {

/// An answer with its body read.
struct Answer {
  int status = 0;
  http::Headers headers;
  std::string body;

  /// The header's value, or "".
  [[nodiscard]] std::string header(std::string_view name) const;
  /// The first error's code in the specification's error body, or "".
  [[nodiscard]] std::string code() const;
};

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

/// Reads a target's path and query, as the engine does for a request.
[[nodiscard]] Request make_request(Method method, std::string_view target, const HeaderLines& headers = {});
/// What a service answers, its body taken and its answer read on this thread, without a socket.
[[nodiscard]] Answer ask(Service& service, Request request, std::string_view body = {});

/// A registry in a folder of its own, asked without a socket.
class RegistryFixture : public ::testing::Test {
 protected:
  /// Another service over the same folder.
  void serve(RegistryOptions options = {}, std::shared_ptr<Access> access = open_access(),
             std::shared_ptr<UpstreamProvider> upstream = nullptr);
  Answer ask(Method method, std::string_view target, const HeaderLines& headers = {}, std::string_view body = {});
  Answer get(std::string_view target, const HeaderLines& headers = {}) { return ask(Method::get, target, headers); }

  /// Pushes, and expects it to be taken.
  Digest push_blob(const std::string& repository, std::string_view bytes);
  /// A config and one layer, both pushed, and the manifest that names them, not pushed. The text makes it its own.
  std::string make_image(const std::string& repository, const std::string& text);
  /// Pushes a manifest under a tag or digest.
  Answer push_manifest(const std::string& repository, const std::string& name, const std::string& bytes,
                       std::string_view type = media_types::oci_manifest);
  /// The same, expecting 201; its digest.
  Digest push_image(const std::string& repository, const std::string& tag, const std::string& text);

  testing::TempDir directory_;
  testing::FakeClock clock_;
  std::shared_ptr<RegistryFolder> storage_ = open_storage();
  std::shared_ptr<Service> service_ =
      make_registry_service(storage_, open_access(), nullptr, RegistryOptions(), clock_);

 private:
  std::shared_ptr<RegistryFolder> open_storage();
};

}  // namespace dray::server
