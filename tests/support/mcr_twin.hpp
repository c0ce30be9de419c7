#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/fault.hpp"
#include "support/http_server.hpp"
#include "support/image_maker.hpp"
#include "support/manifest_service.hpp"
#include "support/push_service.hpp"
#include "support/registry_state.hpp"
#include "support/token_service.hpp"

namespace dray::testing {

struct TwinOptions {
  bool tls = false;  ///< On every origin, under one authority: `ca_file()`.
  bool ipv6 = false;
  AuthOptions auth = {};
  PushOptions push = {};
  Paging paging = {};
  bool redirect_blobs = true;  ///< False: the registry serves blobs itself.
  int redirects = 1;           ///< Redirects from a blob's URL until its bytes.
  bool content_refuses_head = false;
  /// How long a signed link lives, and for how many requests (0: any number).
  std::chrono::seconds link_life{3600};
  int link_uses = 0;
  /// When the links to the fixtures' blobs end, whose bytes do not exist: 2019-03-15T00:29:41Z.
  std::int64_t fixture_link_expiry = 1552609781;
};

/// A twin of mcr.microsoft.com: a registry on one origin, the content network that its blob links lead to on a second,
/// a host of foreign layers on a third, and, when asked for, a token server on a fourth. All listen on loopback.
///
/// It holds the fixtures byte for byte (by tag and digest): dotnet/core/runtime:3.0, dotnet/runtime:7.0 (and 1994
/// other tags), library/alpine:3.13, library/redis:alpine, library/busybox:latest and :v2-answer. Their blobs answer
/// with a link that has ended. windows/servercore:ltsc2019-amd64 is of the real one's shape: two layers, the first
/// only behind `urls`. Images of any other shape are added by `add`, or pushed. Safe from many threads.
class McrTwin {
 public:
  explicit McrTwin(TwinOptions options = {});
  ~McrTwin();
  McrTwin(const McrTwin&) = delete;
  McrTwin& operator=(const McrTwin&) = delete;

  [[nodiscard]] std::string origin() const { return registry().origin(); }
  /// `127.0.0.1:PORT`: the registry part of a reference.
  [[nodiscard]] std::string host_port() const { return registry().host_port(); }
  [[nodiscard]] std::string content_origin() const { return content().origin(); }
  /// `/loop` there leads to itself.
  [[nodiscard]] std::string foreign_origin() const { return foreign().origin(); }
  [[nodiscard]] std::string ca_file() const { return registry().ca_file(); }

  /// The servers, with their records of requests.
  [[nodiscard]] HttpServer& registry() const;
  [[nodiscard]] HttpServer& content() const;
  [[nodiscard]] HttpServer& foreign() const;
  /// Only where AuthOptions::own_origin is set.
  [[nodiscard]] HttpServer& token_server() const;

  /// Stores all but foreign layers; an empty tag sets none.
  void add(const std::string& repository, const std::string& tag, const Image& image);
  void add(const std::string& repository, const std::string& tag, const Index& index);
  /// Stores any bytes as a manifest. With `digest` they are served as if that were theirs.
  void add_manifest(const std::string& repository, const std::string& tag, const std::string& media_type,
                    std::string bytes, const std::string& digest = {});
  /// From now on these bytes are served as that blob.
  void replace_blob(const std::string& digest, std::string bytes);
  /// Moves a layer to the foreign host: the image with `urls`, its first link a redirect as go.microsoft.com's.
  [[nodiscard]] Image make_foreign(Image image, std::size_t layer);
  /// What windows/servercore:ltsc2019-amd64 is.
  [[nodiscard]] const Image& servercore() const;
  /// Everything that is stored: pushed things are found here.
  [[nodiscard]] RegistryState& state() const;

  void fault(FaultRule rule);
  void clear_faults();
  void set_paging(const Paging& paging);
  void set_link_life(std::chrono::seconds life, int uses = 0);
  /// No link that was given so far is good any more.
  void expire_links();
  /// No token that was given so far is good any more.
  void revoke_tokens();

  [[nodiscard]] int tokens_issued() const;
  [[nodiscard]] int links_made() const;
  /// Requests of that kind so far, over all origins; faulty ones included.
  [[nodiscard]] int count(Route route) const;
  /// Bytes of that blob that were sent, by whichever origin; what a client has read is always counted.
  [[nodiscard]] std::uint64_t blob_bytes_sent(const std::string& digest) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Documents that have to be refused, made from a good image. Each has the media type of the image's manifest.
namespace hostile {

/// Both `layers` and `manifests`.
[[nodiscard]] std::string both_layers_and_manifests(const Image& image);
/// The key `layers` twice: the second time empty.
[[nodiscard]] std::string duplicate_keys(const Image& image);
/// Good but for its size: an annotation fills it up to exactly so many bytes.
[[nodiscard]] std::string padded_to(const Image& image, std::size_t bytes);
/// The descriptor of a layer claims `size`.
[[nodiscard]] std::string wrong_layer_size(const Image& image, std::size_t layer, std::uint64_t size);

}  // namespace hostile

}  // namespace dray::testing
