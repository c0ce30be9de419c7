#include <dray/http/limited_transport.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "support/fake_clock.hpp"
#include "transport_fixture.hpp"

namespace dray::http {
namespace limited_transport_test {
namespace {

using dray::testing::FakeClock;

/// Answers from memory, and tells how many answers were open at once.
class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(std::string body, int status = 200) : body_(std::move(body)), status_(status) {}

  Result<std::unique_ptr<Exchange>> send(const Request& request, const std::stop_token&) override {
    if (request.body) {
      DRAY_TRY_ASSIGN(const auto source, request.body->open());
      DRAY_TRY_ASSIGN(sent_body, read_all(*source, 1U << 20U));
    }
    const std::lock_guard lock(mutex_);
    ++sent;
    peak = std::max(peak, ++open_);
    return std::make_unique<Answer>(*this, ResponseHead{status_, {}, request.url, AddressClass::global});
  }

  int sent = 0;
  int peak = 0;
  std::string sent_body;

 private:
  class Answer final : public Exchange {
   public:
    Answer(FakeTransport& transport, ResponseHead head) : transport_(transport), head_(std::move(head)) {}
    ~Answer() override { end(); }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    const ResponseHead& head() const noexcept override { return head_; }
    Result<std::size_t> read(ByteSpan into) override {
      const auto count = std::min(into.size(), transport_.body_.size() - at_);
      std::memcpy(into.data(), transport_.body_.data() + at_, count);
      at_ += count;
      if (count == 0) end();
      return count;
    }

   private:
    void end() {
      if (std::exchange(ended_, true)) return;
      const std::lock_guard lock(transport_.mutex_);
      --transport_.open_;
    }

    FakeTransport& transport_;
    ResponseHead head_;
    std::size_t at_ = 0;
    bool ended_ = false;
  };

  std::string body_;
  int status_;
  std::mutex mutex_;
  int open_ = 0;
};

class LimitedTransport : public ::testing::Test {
 protected:
  std::shared_ptr<Transport> limited(TrafficLimits limits) { return limit_traffic(fake, limits, clock); }

  FakeClock clock;
  std::shared_ptr<FakeTransport> fake = std::make_shared<FakeTransport>(pattern(10'000));
};

TEST_F(LimitedTransport, IsTheTransportItselfWithoutLimits) { EXPECT_EQ(limited({}), fake); }

TEST_F(LimitedTransport, ReadsBodiesAtTheRate) {
  const auto transport = limited({.bytes_per_second = 1'000});
  const auto begun = clock.now();
  const auto answer = transport->send(request_to("http://a.example/"), {});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(read_all(**answer, 20'000).value_or("") == pattern(10'000));
  EXPECT_NEAR(std::chrono::duration<double>(clock.now() - begun).count(), 10.0, 0.2);
}

TEST_F(LimitedTransport, SendsBodiesAtTheRate) {
  const auto transport = limited({.bytes_per_second = 1'000});
  auto request = request_to("http://a.example/", Method::put);
  request.body = text_body(pattern(5'000));
  const auto begun = clock.now();
  ASSERT_TRUE(transport->send(request, {}));
  EXPECT_TRUE(fake->sent_body == pattern(5'000));
  EXPECT_NEAR(std::chrono::duration<double>(clock.now() - begun).count(), 5.0, 0.2);
}

TEST_F(LimitedTransport, EndsABodyThatIsStoppedWhileItWaits) {
  const auto transport = limited({.bytes_per_second = 1});
  std::stop_source stop;
  const auto answer = transport->send(request_to("http://a.example/"), stop.get_token());
  ASSERT_TRUE(answer);
  stop.request_stop();
  const auto body = read_all(**answer, 20'000);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code(), ErrorCode::cancelled);
}

TEST_F(LimitedTransport, RefusesTheRequestAfterTheLastOneAllowed) {
  const auto transport = limited({.requests = 3});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(transport->send(request_to("http://a.example/"), {}));
  const auto refused = transport->send(request_to("http://a.example/v2/x?sig=secret"), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
  EXPECT_NE(refused.error().message().find("--max-requests"), std::string::npos);
  EXPECT_EQ(refused.error().message().find("secret"), std::string::npos);
  EXPECT_EQ(fake->sent, 3);
}

TEST_F(LimitedTransport, KeepsToSoManyAnswersOfAHost) {
  const auto transport = limited({.per_host = 2});
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 8; ++i) {
      readers.emplace_back([&] {
        for (int k = 0; k < 20; ++k) {
          const auto answer = transport->send(request_to("http://a.example/"), {});
          ASSERT_TRUE(answer);
          ASSERT_TRUE(read_all(**answer, 20'000));
        }
      });
    }
  }
  EXPECT_EQ(fake->sent, 160);
  EXPECT_LE(fake->peak, 2);
}

TEST_F(LimitedTransport, CountsEachHostAlone) {
  const auto transport = limited({.per_host = 1});
  const auto first = transport->send(request_to("http://a.example/"), {});
  const auto second = transport->send(request_to("http://b.example/"), {});
  EXPECT_TRUE(first && second);
}

TEST_F(LimitedTransport, LetsAWriteReadFromTheSameHost) {
  const auto transport = limited({.per_host = 1});
  auto request = request_to("http://a.example/", Method::put);
  std::unique_ptr<Exchange> source;
  request.body = Body{10'000, [&]() -> Result<std::unique_ptr<ByteSource>> {
                        DRAY_TRY_ASSIGN(auto answer, transport->send(request_to("http://a.example/"), {}));
                        return std::unique_ptr<ByteSource>(std::move(answer));
                      }};
  EXPECT_TRUE(transport->send(request, {}));
}

TEST_F(LimitedTransport, HoldsNoSlotForWhatIsNoSuccess) {
  fake = std::make_shared<FakeTransport>("", 401);
  const auto transport = limited({.per_host = 1});
  const auto challenged = transport->send(request_to("http://a.example/"), {});
  EXPECT_TRUE(transport->send(request_to("http://a.example/token"), {}));
}

TEST_F(LimitedTransport, EndsTheWaitForASlotThatIsStopped) {
  const auto transport = limited({.per_host = 1});
  const auto held = transport->send(request_to("http://a.example/"), {});
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto waited = transport->send(request_to("http://a.example/"), stop.get_token());
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code(), ErrorCode::cancelled);
}

}  // namespace
}  // namespace limited_transport_test
}  // namespace dray::http
