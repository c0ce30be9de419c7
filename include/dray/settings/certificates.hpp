#pragma once

#include <dray/http/transport.hpp>
#include <dray/settings/environment.hpp>
#include <filesystem>
#include <vector>

namespace dray::settings {

/// The folders that hold certificates by registry, in the order in which they are asked:
/// `$XDG_CONFIG_HOME/containers/certs.d` (`~/.config/…`), `/etc/containers/certs.d`, `/etc/docker/certs.d`.
[[nodiscard]] std::vector<std::filesystem::path> certificate_folders(const Environment& environment);

/// What `HOST[:PORT]` of the first folder that has one says: every `*.crt` is an authority to trust, `NAME.cert` with
/// `NAME.key` is ours to show. With the scheme's own port both spellings are looked for, and Docker Hub's API as
/// `docker.io` too. Nothing where no folder has one.
/// Errors: `invalid_input`, with the file's name, for a certificate without its key or the other way round, and for a
/// second client certificate; what cannot be listed.
/// Source: docs.docker.com/engine/security/certificates; containers-certs.d(5).
[[nodiscard]] Result<http::TlsOptions> certificates_for(const http::Origin& origin,
                                                        const std::vector<std::filesystem::path>& folders);

}  // namespace dray::settings
