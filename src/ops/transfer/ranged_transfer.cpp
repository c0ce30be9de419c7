#include "ranged_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/core/limits.hpp>

#include "../naming.hpp"

namespace dray::ops {

namespace {

/// Large enough that system calls and locks cost nothing, small enough that sixteen of them are little.
constexpr std::uint64_t transfer_buffer_bytes = 512ULL * 1024;
/// What one connection brings in so long is the largest range: the longer, the fewer round trips; the shorter, the
/// sooner the blob's front is whole and can be hashed while the rest still comes.
constexpr double longest_range_seconds = 2;

}  // namespace

/// One connection's belongings.
struct RangedTransfer::Worker {
  Worker(RangedTransfer& transfer, Role its_role)
      : role(its_role),
        stream(transfer.fetcher_, transfer.services_, transfer.stop_.get_token()),
        buffer_bytes(static_cast<std::size_t>(std::min(transfer.fetcher_.blob().size, transfer_buffer_bytes))),
        buffer(std::make_unique_for_overwrite<std::byte[]>(buffer_bytes)) {}

  Role role;
  BlobStream stream;
  std::size_t buffer_bytes;
  std::unique_ptr<std::byte[]> buffer;
};

RangedTransfer::RangedTransfer(BlobFetcher& fetcher, PositionedWriter& writer, BlobProgress& progress,
                               TransferServices& services, const std::stop_token& stop)
    : fetcher_(fetcher),
      writer_(writer),
      progress_(progress),
      services_(services),
      ranges_(writer.missing(), limits::min_range_bytes),
      on_outer_stop_(stop, [this] { stop_.request_stop(); }),
      helpers_(services.budget.max(), stop_.get_token()) {}

Result<void> RangedTransfer::run() {
  auto led = lead();
  if (!led) fail(std::move(led).error());
  // A helper tells of its failure by `fail`; the group's own result is only that it was stopped by that.
  static_cast<void>(helpers_.wait());
  if (auto failure = failure_.with([](auto& held) { return std::exchange(held, std::nullopt); })) {
    return std::move(*failure);
  }
  return {};
}

Result<void> RangedTransfer::lead() {
  Worker worker(*this, Role::leader);
  while (const auto lease = ranges_.wait_and_take(worker.stream.goes_on_at(), stop_.get_token())) {
    auto done = work(worker, *lease);
    ranges_.release(lease->id);
    DRAY_TRY(std::move(done));
  }
  if (stop_.stop_requested()) return Error(ErrorCode::cancelled, "blob " + fetcher_.blob().digest.text() + ": stopped");
  return {};
}

void RangedTransfer::help(RangeScheduler::Lease first) {
  Worker worker(*this, Role::helper);
  std::optional<RangeScheduler::Lease> lease = first;
  while (lease) {
    const auto done = work(worker, *lease);
    ranges_.release(lease->id);
    if (!done) return;
    if (growth_.settled()) return;
    lease = ranges_.take(worker.stream.goes_on_at());
  }
}

/// Fetches a lease to its end. A helper that cannot returns an error and leaves the rest to others; what would fail
/// for everybody was told to `fail` by then.
Result<void> RangedTransfer::work(Worker& worker, RangeScheduler::Lease lease) {
  worker.stream.seek(lease.range);
  if (worker.role == Role::helper || !connected_) {
    auto connected = worker.stream.connect();
    if (!connected && worker.role == Role::helper && connected.error().code() != ErrorCode::cancelled) {
      growth_.settle();
      say(fmt::format("{}: no more connections, one was refused ({})", fetcher_.blob().digest.text(),
                      connected.error().message()));
    }
    DRAY_TRY(std::move(connected));
    connected_ = true;
  }
  if (worker.stream.ignores_ranges() && !ranges_ignored_.exchange(true)) {
    growth_.settle();
    say(fmt::format("{}: the place ignores ranges; staying with one connection", fetcher_.blob().digest.text()));
  }
  if (worker.role == Role::helper && worker.stream.ignores_ranges()) {
    return Error(ErrorCode::unsupported, "ranges are ignored");
  }
  return fetch(worker, lease.id);
}

Result<void> RangedTransfer::fetch(Worker& worker, std::size_t lease) {
  const ByteSpan buffer(worker.buffer.get(), worker.buffer_bytes);
  while (const auto left = ranges_.left(lease)) {
    const auto offset = worker.stream.position();
    const auto cuts_before = worker.stream.times_cut();
    DRAY_TRY_ASSIGN(
        const auto count,
        worker.stream.read(buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size())))));
    const auto claimed = ranges_.claim(lease, count);
    if (claimed > 0) {
      if (auto written = writer_.write(offset, buffer.first(static_cast<std::size_t>(claimed))); !written) {
        fail(written.error());  // the disk's failure is everybody's
        return written;
      }
    }
    progress_.add(claimed);
    received_ += count;
    if (worker.stream.times_cut() != cuts_before) growth_.interrupted(services_.clock.now(), received_);
    consider_growth();
  }
  auto finished = worker.stream.finish();
  if (!finished) fail(finished.error());
  return finished;
}

void RangedTransfer::consider_growth() {
  const auto running = 1 + helpers_running_.load();
  const auto verdict = growth_.look(services_.clock.now(), {.received = received_,
                                                            .bytes_left = ranges_.unclaimed(),
                                                            .all_bytes_left = services_.totals.bytes_left(),
                                                            .connections = running,
                                                            .free_connections = services_.budget.free(),
                                                            .max_connections = services_.budget.max()});
  using What = ConnectionDecision::What;
  if (verdict.decision.what == What::settle) {
    say(fmt::format("{}: {} connections bring {}/s, no more than fewer did; not adding any",
                    fetcher_.blob().digest.text(), running, printable_bytes(static_cast<std::uint64_t>(verdict.rate))));
  }
  if (verdict.decision.what != What::add && verdict.decision.what != What::test) return;
  const auto added = add_helpers(verdict.decision, verdict.rate);
  growth_.grown(services_.clock.now(), running, added);
  if (added == 0) return;
  say(fmt::format("{}: {}/s over {}, {} left: opening {} more", fetcher_.blob().digest.text(),
                  printable_bytes(static_cast<std::uint64_t>(verdict.rate)),
                  running == 1 ? "one connection" : fmt::format("{} connections", running),
                  printable_bytes(ranges_.unclaimed()), added));
}

std::size_t RangedTransfer::add_helpers(const ConnectionDecision& decision, double rate) {
  std::vector<ConnectionBudget::Slot> slots;
  while (slots.size() < decision.connections) {
    auto slot = services_.budget.try_take();
    if (!slot) break;
    slots.push_back(std::move(*slot));
  }
  if (slots.empty()) return 0;
  const bool test = decision.what == ConnectionDecision::What::test;
  const auto running = 1 + helpers_running_.load();
  if (!test) ranges_.spread(running + slots.size(), static_cast<std::uint64_t>(rate * longest_range_seconds) / running);
  std::size_t added = 0;
  for (auto& slot : slots) {
    // A test that fails costs half a second's worth of one connection.
    auto lease = test ? ranges_.take_tail(static_cast<std::uint64_t>(rate / 2) / running) : ranges_.take();
    if (start_helper(lease, std::move(slot))) ++added;
  }
  return added;
}

bool RangedTransfer::start_helper(std::optional<RangeScheduler::Lease> lease, ConnectionBudget::Slot slot) {
  if (!lease) return false;
  ++helpers_running_;
  auto held = std::make_shared<ConnectionBudget::Slot>(std::move(slot));
  helpers_.run([this, range = *lease, held = std::move(held)](const std::stop_token&) -> Result<void> {
    try {
      help(range);
    } catch (...) {  // a lack of memory: the group throws it on, but the leader must not wait for this lease until then
      stop_.request_stop();
      throw;
    }
    --helpers_running_;
    return {};
  });
  return true;
}

void RangedTransfer::fail(Error error) {
  failure_.with([&](std::optional<Error>& held) {
    if (!held) held = std::move(error);
  });
  stop_.request_stop();
}

void RangedTransfer::say(std::string text) { services_.observer.on(Observer::Decided{std::move(text)}); }

}  // namespace dray::ops
