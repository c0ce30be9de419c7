#pragma once

#include <dray/base/result.hpp>
#include <dray/http/transport.hpp>
#include <string>

namespace dray::http {

/// A client certificate and its key, as PEM text. Never shown.
struct Identity {
  std::string certificate;
  std::string key;
};

/// Reads both files and checks that they belong together. `invalid_input`, with the file's name, for a file that cannot
/// be read or holds something else, and for a key behind a passphrase: nobody is there to be asked for it.
[[nodiscard]] Result<Identity> read_identity(const ClientCertificate& files);

}  // namespace dray::http
