#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound on what comes from outside and on what is spent on it, but for those of HTTP itself, which are in
/// http/limits.hpp. docs/limits.md tells all of them to people.
/// Sizes are in bytes unless the name says otherwise.
namespace dray::limits {

// Documents

/// A manifest or index, read or pushed. The specification's minimum to support, and what most registries take.
inline constexpr std::uint64_t max_manifest_bytes = 4ULL * 1024 * 1024;
/// An image's config.
inline constexpr std::uint64_t max_config_bytes = 8ULL * 1024 * 1024;
/// The answer of a token server.
inline constexpr std::uint64_t max_token_bytes = 1ULL * 1024 * 1024;
/// The body of an error answer; the rest is not read.
inline constexpr std::uint64_t max_error_body_bytes = 64ULL * 1024;
/// What is shown of a peer's own words in a message.
inline constexpr std::size_t max_peer_words_chars = 1024;
/// One page of a listing: tags, catalog, referrers.
inline constexpr std::uint64_t max_page_bytes = 8ULL * 1024 * 1024;
/// A settings file: docker's config.json, podman's auth.json, registries.conf.
inline constexpr std::uint64_t max_settings_bytes = 4ULL * 1024 * 1024;
/// One line of registries.conf.
inline constexpr std::size_t max_settings_line_bytes = 4UL * 1024;
/// Drop-in files of registries.conf in one folder, and files of one folder of certs.d.
inline constexpr std::size_t max_settings_files = 1'000;
/// `[[registry]]` tables of one registries.conf.
inline constexpr std::size_t max_registry_rules = 10'000;
/// `[[registry.mirror]]` tables of one `[[registry]]`.
inline constexpr std::size_t max_registry_mirrors = 64;
/// A YAML file: what `sync` copies, a registry's policy, distribution's config.yml.
inline constexpr std::uint64_t max_yaml_bytes = 1024UL * 1024;
/// Lists and maps inside one another in these.
inline constexpr std::size_t max_yaml_depth = 16;
/// Entries of a sync file.
inline constexpr std::size_t max_sync_entries = 10'000;
/// Items of one of its lists: patterns, tags, platforms.
inline constexpr std::size_t max_sync_list_items = 1'000;
/// A state file of `sync`.
inline constexpr std::uint64_t max_sync_state_bytes = 64ULL * 1024 * 1024;
/// Tags that it remembers; what is beyond is asked for anew each time.
inline constexpr std::size_t max_sync_state_tags = 200'000;
/// The index.json of an OCI layout, which may name many images.
inline constexpr std::uint64_t max_layout_index_bytes = 32ULL * 1024 * 1024;
/// The answer of a credential helper.
inline constexpr std::uint64_t max_helper_answer_bytes = 64ULL * 1024;
/// What is kept of a credential helper's standard error.
inline constexpr std::size_t max_helper_words_bytes = 4UL * 1024;
/// Arrays and objects inside one another in a JSON document.
inline constexpr std::size_t max_json_depth = 64;
/// Values in one JSON document, however small.
inline constexpr std::size_t max_json_values = 1'000'000;
/// A descriptor's embedded data, decoded.
inline constexpr std::uint64_t max_embedded_data_bytes = 4ULL * 1024 * 1024;
/// Indexes inside one another, followed from one reference.
inline constexpr std::size_t max_index_depth = 8;
/// Manifests visited from one reference; each digest once.
inline constexpr std::size_t max_manifests = 100'000;
/// The same manifests' bytes together, which a copy holds in memory.
inline constexpr std::uint64_t max_graph_bytes = 256ULL * 1024 * 1024;
/// Entries of one index.
inline constexpr std::size_t max_manifest_entries = 100'000;
/// Layers of one image. Overlay file systems stop at 127 or 500; this only stops nonsense.
inline constexpr std::size_t max_layers = 10'000;

// Listings

/// Pages of one listing.
inline constexpr std::size_t max_pages = 10'000;
/// Entries of one listing: tags or repositories.
inline constexpr std::size_t max_list_entries = 10'000'000;
/// Referrers of one manifest.
inline constexpr std::size_t max_referrers = 20'000;
/// The same referrers' descriptors together: the bytes of all pages.
inline constexpr std::uint64_t max_referrers_bytes = 64ULL * 1024 * 1024;
/// Pages of one list of referrers.
inline constexpr std::size_t max_referrers_pages = 1'000;
/// Tries to have an entry in a list of referrers that is kept under a tag, which others may overwrite meanwhile.
inline constexpr int max_referrers_tag_tries = 10;

// Names

/// A reference's registry and repository together, with the `/` between them.
inline constexpr std::size_t max_name_chars = 255;
/// A tag, by the reference grammar.
inline constexpr std::size_t max_tag_chars = 128;
/// A media type's part before or after the `/`.
inline constexpr std::size_t max_media_type_part_chars = 127;
/// A platform as written on the command line.
inline constexpr std::size_t max_platform_chars = 255;
/// A path of an address.
inline constexpr std::size_t max_address_path_chars = 4095;
/// A pattern for names: a regular expression.
inline constexpr std::size_t max_pattern_chars = 1024;
/// The memory that one such pattern may take, compiled.
inline constexpr std::size_t max_pattern_memory_bytes = 1UL * 1024 * 1024;

// HTTP

/// Redirects of one token request.
inline constexpr int max_token_redirects = 3;
/// `Warning` header texts of one answer, together.
inline constexpr std::size_t max_warning_bytes = 4096;
/// A bearer token, as received and sent.
inline constexpr std::size_t max_bearer_token_bytes = 64UL * 1024;
/// Other addresses tried for one descriptor (`urls`).
inline constexpr std::size_t max_descriptor_urls = 16;
/// One of them that is written into a manifest here; what is read may be longer (`max_url_bytes`).
inline constexpr std::size_t max_layer_url_bytes = 2048;

// Retry

/// Tries of one request, the first included.
inline constexpr int max_tries = 5;
/// Tries of one request that made progress it can resume from.
inline constexpr int max_tries_with_progress = 6;
/// Upper end of the first wait; it doubles with each try, and the wait is drawn evenly from zero to it.
inline constexpr std::chrono::milliseconds first_retry_wait{250};
/// The longest of these waits.
inline constexpr std::chrono::milliseconds max_retry_wait{30'000};
/// A cut blob is resumed without counting a try while at least this much came since the last cut.
inline constexpr std::uint64_t resume_progress_bytes = 256ULL * 1024;

// Deadlines

/// A credential helper's time to answer.
inline constexpr std::chrono::seconds helper_deadline{30};

// Parallel transfers

/// Blobs under way at a time with one host; more small ones where the line is slow to answer.
inline constexpr std::size_t max_blobs_per_host = 4;
/// Connections at a time, over all hosts.
inline constexpr std::size_t max_connections = 16;
/// A blob at least this large is fetched in parallel ranges.
inline constexpr std::uint64_t min_ranged_blob_bytes = 16ULL * 1024 * 1024;
/// A range is not split below this.
inline constexpr std::uint64_t min_range_bytes = 4ULL * 1024 * 1024;
/// Destinations that `sync` works on at a time.
inline constexpr std::size_t max_parallel_places = 4;
/// Images under way at a time where all tags of a place are copied.
inline constexpr std::size_t max_parallel_images = 4;

// Archives

/// Entries of one archive.
inline constexpr std::uint64_t max_archive_entries = 10'000'000;
/// A path inside an archive.
inline constexpr std::size_t max_archive_path_bytes = 4096;
/// One component of such a path, the longest that file systems take.
inline constexpr std::size_t max_archive_name_bytes = 255;
/// Components of such a path.
inline constexpr std::size_t max_archive_path_depth = 256;
/// The extended headers of one entry.
inline constexpr std::uint64_t max_archive_header_bytes = 1ULL * 1024 * 1024;
/// The names of the files and links of an archive of images, together; they are kept while it is open.
inline constexpr std::size_t max_archive_names_bytes = 64UL * 1024 * 1024;
/// Links that lead to one another in an archive of images.
inline constexpr std::size_t max_archive_links = 8;
/// The manifest.json of one of docker's archives.
inline constexpr std::uint64_t max_docker_manifest_bytes = 32ULL * 1024 * 1024;
/// The bytes of one archive, uncompressed.
inline constexpr std::uint64_t max_unpacked_bytes = 1ULL << 40;
/// Uncompressed bytes for each compressed byte.
inline constexpr std::uint64_t max_compression_ratio = 1000;
/// The ratio is looked at only after this many uncompressed bytes.
inline constexpr std::uint64_t compression_ratio_grace_bytes = 1ULL * 1024 * 1024;
/// A zstd frame's window.
inline constexpr std::uint64_t max_zstd_window_bytes = 128ULL * 1024 * 1024;

// A registry's folder

/// Manifests kept in memory, their bytes together.
inline constexpr std::size_t max_cached_manifest_bytes = 64UL * 1024 * 1024;
/// Sorted tag lists kept in memory, their names together.
inline constexpr std::size_t max_cached_tag_bytes = 32UL * 1024 * 1024;
/// A list of all repositories is made anew after this, for those that somebody else made.
inline constexpr std::chrono::seconds max_repository_list_age{10};
/// Uploads that rest whose hash so far is kept in memory; the others are hashed again.
inline constexpr std::size_t max_resting_digesters = 256;
/// Digests that a collection keeps because somebody asked for them lately; when there are more it keeps everything.
inline constexpr std::size_t max_wanted_digests = 1'000'000;
/// An upload that nobody touches is removed by a collection after this.
inline constexpr std::chrono::hours max_idle_upload_age{24 * 7};
/// The state file of an upload.
inline constexpr std::uint64_t max_upload_state_bytes = 64ULL * 1024;

}  // namespace dray::limits
