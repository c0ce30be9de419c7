#pragma once

#include <dray/client/registry_client.hpp>
#include <dray/client/repository.hpp>
#include <dray/core/address.hpp>
#include <dray/http/limited_transport.hpp>
#include <dray/http/observer.hpp>
#include <dray/ops/copy.hpp>
#include <dray/settings/credentials.hpp>
#include <dray/store/content.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// How the parts are wired. Everything has a default; a program that only pulls leaves it all unset.
struct Options {
  std::set<std::string> plain_http;    ///< Hosts that are spoken to without TLS; loopback needs no asking.
  std::set<std::string> https;         ///< Loopback hosts that do speak TLS.
  bool insecure = false;               ///< Do not check certificates.
  std::optional<std::string> ca_file;  ///< PEM, beside the system's.
  std::optional<http::ClientCertificate> client_certificate;  ///< For the registries themselves, and nobody else.
  std::vector<http::HostAddress> addresses;                   ///< Hosts whose address needs no look-up.
  std::string proxy;                                          ///< For everything; empty: as the environment says.
  http::TrafficLimits traffic;                                ///< Over all connections of a client.
  std::optional<std::filesystem::path> registries_conf;       ///< Instead of the files where containers' tools look.
  bool no_registries_conf = false;                            ///< No mirrors, no other locations.
  std::function<void(const std::string&)> warn;               ///< Is told of settings without effect; from any thread.
  bool allow_private = false;                                 ///< Redirects and `urls` may lead to private addresses.
  std::set<std::string> token_servers;  ///< Hosts that may see a password when a registry names them for tokens.
  std::optional<std::filesystem::path> auth_file;  ///< The only credential file; unset: docs/credentials.md.
  std::shared_ptr<http::Observer> http_observer;   ///< May be null.
  std::shared_ptr<client::Observer> client_observer;
};

/// The registries of this program: one connection pool, one token cache. Safe from many threads.
[[nodiscard]] std::shared_ptr<client::RegistryClient> make_registry_client(const Options& options);

/// Where this program looks for credentials, and keeps them: this process's environment and the options' file.
[[nodiscard]] settings::CredentialOptions credential_options(const Options& options);

/// A place and the name that the address gave inside it.
struct OpenedSource {
  std::shared_ptr<ContentSource> source;
  ManifestName name;
};
struct OpenedSink {
  std::shared_ptr<ContentSink> sink;
  std::optional<std::string> tag;  ///< nullopt: by digest alone.
};

/// Opens the place alone, whatever image of it the address names; for listings.
[[nodiscard]] Result<std::shared_ptr<ContentSource>> open_place(const Address& address,
                                                                const std::shared_ptr<client::RegistryClient>& client);
/// Opens what an address means: a repository on a registry, an OCI layout, an archive (`-` is standard input), a `dir:`
/// folder. A layout or archive without a tag has its only image, or `latest`.
[[nodiscard]] Result<OpenedSource> open_source(const Address& address,
                                               const std::shared_ptr<client::RegistryClient>& client);
/// A place that is there already, to be read and changed.
struct OpenedStore {
  std::shared_ptr<ContentStore> store;
  ManifestName name;
};
/// Opens what an address means to change it where it is: the registry itself, whatever mirrors it has, or a place on
/// disk, which is never made here. `unsupported` for one that can only be read.
[[nodiscard]] Result<OpenedStore> open_store(const Address& address,
                                             const std::shared_ptr<client::RegistryClient>& client);
/// Opens it to write; a layout, archive or folder is made when it is absent. An archive `-` goes to standard output.
[[nodiscard]] Result<OpenedSink> open_sink(const Address& address,
                                           const std::shared_ptr<client::RegistryClient>& client);
/// True for an archive `-`.
[[nodiscard]] bool writes_to_standard_output(const Address& address);
/// The tag that is written at an address: its own, or `latest`; nullopt where a digest is named, and for one of
/// docker's archives without a name.
[[nodiscard]] std::optional<std::string> tag_at(const Address& address);
/// Opens it to plan against, for a dry run: what is absent is not made, an empty place stands for it.
[[nodiscard]] Result<OpenedSink> open_sink_to_plan(const Address& address,
                                                   const std::shared_ptr<client::RegistryClient>& client);

/// The short way: copies `from` to `to` (both addresses as the command line takes them).
[[nodiscard]] Result<ops::CopyReport> copy(std::string_view from, std::string_view to, const Options& options = {},
                                           const ops::CopyOptions& copy_options = {});

}  // namespace dray
