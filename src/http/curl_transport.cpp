#include <dray/http/transport.hpp>

#include "curl_engine.hpp"
#include "curl_transfer.hpp"

namespace dray::http {
namespace {

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlOptions options) : engine_(std::make_shared<CurlEngine>(std::move(options))) {}

  Result<std::unique_ptr<Exchange>> send(const Request& request, const std::stop_token& stop) override {
    return CurlTransfer::start(engine_, request, stop);
  }

 private:
  std::shared_ptr<CurlEngine> engine_;
};

}  // namespace

std::shared_ptr<Transport> make_curl_transport(CurlOptions options) {
  return std::make_shared<CurlTransport>(std::move(options));
}

}  // namespace dray::http
