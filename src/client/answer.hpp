#pragma once

#include <dray/http/message.hpp>
#include <memory>
#include <string>

namespace dray::client {

/// A refusal that knows who asked, so that its message can say so.
class RefusedAnswer final : public http::Exchange {
 public:
  RefusedAnswer(std::unique_ptr<http::Exchange> inner, std::string note)
      : inner_(std::move(inner)), note_(std::move(note)) {}

  [[nodiscard]] const http::ResponseHead& head() const noexcept override { return inner_->head(); }
  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override { return inner_->read(into); }
  /// For people: which credential was used, or that none was found.
  [[nodiscard]] const std::string& note() const noexcept { return note_; }

 private:
  std::unique_ptr<http::Exchange> inner_;
  std::string note_;
};

}  // namespace dray::client
