#include <unistd.h>

#include <dray/app/app.hpp>
#include <dray/app/archive_tags.hpp>
#include <dray/client/mirrored.hpp>
#include <dray/http/session.hpp>
#include <dray/settings/credentials.hpp>
#include <dray/store/directory_image.hpp>
#include <dray/store/image_archive.hpp>
#include <dray/store/memory_store.hpp>
#include <dray/store/oci_layout.hpp>

#include "network.hpp"

namespace dray {
namespace {

ArchiveKind archive_kind(const Address& address) {
  return address.kind() == PlaceKind::docker_archive ? ArchiveKind::docker : ArchiveKind::oci;
}

bool is_archive(const Address& address) {
  return address.kind() == PlaceKind::oci_archive || address.kind() == PlaceKind::docker_archive;
}

Result<std::shared_ptr<ImageArchive>> open_archive(const Address& address) {
  return ImageArchive::open(address.path(), archive_kind(address));
}

Result<OpenedSink> create_archive(const Address& address) {
  if (writes_to_standard_output(address)) {
    return OpenedSink{std::make_shared<ArchiveStream>(STDOUT_FILENO, archive_kind(address)), tag_at(address)};
  }
  DRAY_TRY_ASSIGN(auto archive, ImageArchive::create(address.path(), archive_kind(address)));
  return OpenedSink{std::move(archive), tag_at(address)};
}

// A place that holds one image needs no tag to say which.
ManifestName name_in(const std::vector<Descriptor>& manifests, const Address& address) {
  if (address.digest()) return *address.digest();
  if (address.name()) return *address.name();
  if (manifests.size() == 1) return manifests.front().digest;
  return std::string("latest");
}

Error name_the_tags(Error error, ContentSource& source, const Address& address) {
  if (error.code() != ErrorCode::not_found || address.name() || address.digest()) return error;
  const auto tags = source.list_tags({});
  if (!tags || tags->empty()) return error;
  std::string list;
  for (const auto& tag : *tags) list += (list.empty() ? "" : ", ") + tag;
  return {ErrorCode::not_found, address.text() + " holds several images; say which: " + list};
}

template <class Images>
Result<OpenedSource> choose_image(std::shared_ptr<Images> images, const std::vector<Descriptor>& manifests,
                                  const Address& address) {
  auto name = name_in(manifests, address);
  if (const auto found = images->resolve(name, {}); !found) return name_the_tags(found.error(), *images, address);
  return OpenedSource{std::move(images), std::move(name)};
}

ManifestName name_on_registry(const Reference& reference) {
  if (reference.digest()) return *reference.digest();
  return *reference.tag();
}

}  // namespace

settings::CredentialOptions credential_options(const Options& options) {
  auto places = settings::CredentialOptions::of_process();
  places.auth_file = options.auth_file;
  return places;
}

std::shared_ptr<client::RegistryClient> make_registry_client(const Options& options) {
  const auto network = std::make_shared<Network>(options);
  auto transport = http::make_curl_transport(network->transport_options());
  transport = http::limit_traffic(std::move(transport), options.traffic, system_clock());
  auto session =
      std::make_shared<http::Session>(std::move(transport), options.http_observer, system_clock(), system_random());
  client::ClientOptions settings_for_client;
  settings_for_client.credentials = settings::Credentials::make(credential_options(options));
  settings_for_client.endpoints = network;
  settings_for_client.mirrors = network->mirrors();
  settings_for_client.observer = options.client_observer;
  settings_for_client.allow_private = options.allow_private;
  settings_for_client.token_servers = options.token_servers;
  return client::RegistryClient::make(std::move(session), std::move(settings_for_client));
}

Result<std::shared_ptr<ContentSource>> open_place(const Address& address,
                                                  const std::shared_ptr<client::RegistryClient>& client) {
  if (address.kind() == PlaceKind::registry) {
    return client::open_mirrored(client, address.reference().repository_name());
  }
  if (address.kind() == PlaceKind::directory) {
    DRAY_TRY_ASSIGN(auto image, DirectoryImage::open(address.path()));
    return std::shared_ptr<ContentSource>(std::move(image));
  }
  if (is_archive(address)) {
    DRAY_TRY_ASSIGN(auto archive, open_archive(address));
    return std::shared_ptr<ContentSource>(std::move(archive));
  }
  DRAY_TRY_ASSIGN(auto layout, OciLayout::open(address.path()));
  return std::shared_ptr<ContentSource>(std::move(layout));
}

Result<OpenedSource> open_source(const Address& address, const std::shared_ptr<client::RegistryClient>& client) {
  if (address.kind() == PlaceKind::registry) {
    DRAY_TRY_ASSIGN(auto repository, open_place(address, client));
    return OpenedSource{std::move(repository), name_on_registry(address.reference())};
  }
  if (address.kind() == PlaceKind::directory) {
    DRAY_TRY_ASSIGN(auto image, DirectoryImage::open(address.path()));
    return OpenedSource{std::move(image), std::string("latest")};
  }
  if (is_archive(address)) {
    DRAY_TRY_ASSIGN(auto archive, open_archive(address));
    const auto manifests = archive->list_manifests();
    return choose_image(std::move(archive), manifests, address);
  }
  DRAY_TRY_ASSIGN(auto layout, OciLayout::open(address.path()));
  DRAY_TRY_ASSIGN(const auto manifests, layout->list_manifests());
  return choose_image(std::move(layout), manifests, address);
}

Result<OpenedStore> open_store(const Address& address, const std::shared_ptr<client::RegistryClient>& client) {
  if (address.kind() == PlaceKind::registry) {
    DRAY_TRY_ASSIGN(auto repository, client::open_repository(client, address.reference().repository_name()));
    return OpenedStore{std::move(repository), name_on_registry(address.reference())};
  }
  DRAY_TRY_ASSIGN(auto opened, open_source(address, client));
  auto store = std::dynamic_pointer_cast<ContentStore>(std::move(opened.source));
  if (store) return OpenedStore{std::move(store), std::move(opened.name)};
  return Error(ErrorCode::unsupported, "'" + address.text() + "' can be read, but not changed where it is");
}

bool writes_to_standard_output(const Address& address) { return is_archive(address) && address.path() == "-"; }

std::optional<std::string> tag_at(const Address& address) {
  if (address.digest()) return std::nullopt;
  if (address.kind() == PlaceKind::docker_archive) return address.name();
  return address.name().value_or("latest");
}

Result<OpenedSink> open_sink(const Address& address, const std::shared_ptr<client::RegistryClient>& client) {
  if (address.kind() == PlaceKind::registry) {
    DRAY_TRY_ASSIGN(auto repository, client::open_repository(client, address.reference().repository_name()));
    return OpenedSink{std::move(repository), tag_at(address)};
  }
  if (address.kind() == PlaceKind::directory) {
    DRAY_TRY_ASSIGN(auto image, DirectoryImage::create(address.path()));
    return OpenedSink{std::move(image), tag_at(address)};
  }
  if (is_archive(address)) return create_archive(address);
  DRAY_TRY_ASSIGN(auto layout, OciLayout::create(address.path()));
  return OpenedSink{std::move(layout), tag_at(address)};
}

Result<OpenedSink> open_sink_to_plan(const Address& address, const std::shared_ptr<client::RegistryClient>& client) {
  const auto absent = [](const auto& opened) { return !opened && opened.error().code() == ErrorCode::not_found; };
  const auto no_archive = [&] {
    return writes_to_standard_output(address) || !std::filesystem::exists(address.path());
  };
  const bool nothing_there = (is_archive(address) && no_archive()) ||
                             (address.kind() == PlaceKind::oci_layout && absent(OciLayout::open(address.path()))) ||
                             (address.kind() == PlaceKind::directory && absent(DirectoryImage::open(address.path())));
  if (nothing_there) return OpenedSink{std::make_shared<MemoryStore>(), tag_at(address)};
  return open_sink(address, client);
}

Result<ops::CopyReport> copy(std::string_view from, std::string_view to, const Options& options,
                             const ops::CopyOptions& copy_options) {
  DRAY_TRY_ASSIGN(const auto source_address, Address::parse(from));
  DRAY_TRY_ASSIGN(const auto written_address, Address::parse(to));
  DRAY_TRY_ASSIGN(const auto sink_address, named_like(source_address, written_address));
  const bool remote = source_address.kind() == PlaceKind::registry || sink_address.kind() == PlaceKind::registry;
  const auto client = remote ? make_registry_client(options) : nullptr;
  DRAY_TRY_ASSIGN(const auto source, open_source(source_address, client));
  auto expecting = copy_options;
  if (!expecting.expected) expecting.expected = sink_address.digest();
  const auto open_destination = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(auto opened,
                    expecting.dry_run ? open_sink_to_plan(sink_address, client) : open_sink(sink_address, client));
    return std::move(opened.sink);
  };
  return ops::copy(*source.source, source.name, open_destination, tag_at(sink_address), expecting, {});
}

}  // namespace dray
