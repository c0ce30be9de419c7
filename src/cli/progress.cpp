#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "text.hpp"

namespace dray::cli {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::milliseconds frame{100};
constexpr std::chrono::seconds quiet_at_first{1};
constexpr std::chrono::seconds plain_step{5};
constexpr std::size_t bar_columns = 10;  // so that rate and time left fit in 80 columns
constexpr double smoothing = 0.3;        // of a frame's rate in the shown rate

struct BlobState {
  std::uint64_t size = 0;
  std::uint64_t done = 0;
  std::uint64_t seen = 0;  // `done` at the last frame
  double rate = 0;         // bytes a second
  std::size_t order = 0;
};

struct State {
  std::map<Digest, BlobState> active;
  ops::Observer::Planned plan;
  std::uint64_t finished_blobs = 0;
  std::uint64_t finished_bytes = 0;
  double rate = 0;
  std::size_t started = 0;

  [[nodiscard]] std::uint64_t done_bytes() const {
    auto sum = finished_bytes;
    for (const auto& [digest, blob] : active) sum += blob.done;
    return sum;
  }
};

std::string bar(double part) {
  const auto full = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(bar_columns));
  std::string out = "[";
  out.append(full, '#');
  out.append(bar_columns - full, '.');
  return out + "]";
}

double part_of(std::uint64_t done, std::uint64_t size) {
  return size == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(size);
}

std::string time_left(std::uint64_t left, double rate) {
  if (rate < 1 || left == 0) return {};
  return ", " + human_duration(std::chrono::seconds(static_cast<long>(static_cast<double>(left) / rate) + 1)) + " left";
}

std::string rate_text(double rate) { return human_size(static_cast<std::uint64_t>(rate)) + "/s"; }

std::string blob_line(const Digest& digest, const BlobState& blob) {
  return fmt::format("{}  {} {:>3.0f} %  {:>8} of {:<8}  {}{}", digest.short_hex(), bar(part_of(blob.done, blob.size)),
                     100 * part_of(blob.done, blob.size), human_size(blob.done), human_size(blob.size),
                     rate_text(blob.rate), time_left(blob.size - std::min(blob.done, blob.size), blob.rate));
}

std::string total_line(const State& state) {
  const auto done = state.done_bytes();
  const auto left = state.plan.bytes - std::min(done, state.plan.bytes);
  return fmt::format("{} of {} blobs, {} of {}, {}{}", state.finished_blobs, state.plan.blobs, human_size(done),
                     human_size(state.plan.bytes), rate_text(state.rate), time_left(left, state.rate));
}

class Progress final : public ops::Observer {
 public:
  Progress(ProgressStyle style, std::shared_ptr<Terminal> terminal, std::function<void(const std::string&)> trace)
      : terminal_(std::move(terminal)),
        trace_(std::move(trace)),
        bars_(style == ProgressStyle::automatic && terminal_->is_interactive()),
        silent_(style == ProgressStyle::none),
        shown_from_(steady_clock::now() + (style == ProgressStyle::plain ? std::chrono::seconds(0) : quiet_at_first)) {
    if (!silent_) drawer_ = std::jthread([this](const std::stop_token& stop) { draw_until(stop); });
  }

  ~Progress() override {
    if (!drawer_.joinable()) return;
    drawer_.request_stop();
    wake_.notify_all();
    drawer_.join();
    if (bars_) terminal_->redraw({});
  }

  void on(const Planned& event) override {
    const std::lock_guard lock(mutex_);
    state_.plan = event;
  }

  void on(const Started& event) override {
    const std::lock_guard lock(mutex_);
    auto& blob = state_.active[event.blob.digest];
    blob.size = event.blob.size;
    blob.done = blob.seen = event.resumed_bytes;
    blob.order = state_.started++;
  }

  void on(const ops::Observer::Progress& event) override {
    const std::lock_guard lock(mutex_);
    if (const auto found = state_.active.find(event.digest); found != state_.active.end())
      found->second.done = event.done;
  }

  void on(const Finished& event) override {
    std::string line;
    {
      const std::lock_guard lock(mutex_);
      state_.active.erase(event.blob.digest);
      if (event.how != How::transferred && event.how != How::mounted) return;
      ++state_.finished_blobs;
      state_.finished_bytes += event.blob.size;
      if (!silent_ && !bars_ && steady_clock::now() >= shown_from_) {
        line = fmt::format("{}  {}  {}  ({} of {})", event.blob.digest.short_hex(), human_size(event.blob.size),
                           event.how == How::mounted ? "mounted" : "done", state_.finished_blobs, state_.plan.blobs);
      }
    }
    if (!line.empty()) terminal_->line(line);
  }

  void on(const Decided& event) override {
    if (trace_) trace_(event.text);
  }

 private:
  void draw_until(const std::stop_token& stop) {
    auto last = steady_clock::now();
    auto last_plain = last;
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      wake_.wait_for(lock, stop, frame, [] { return false; });
      const auto now = steady_clock::now();
      measure(std::chrono::duration<double>(now - last).count());
      last = now;
      if (now < shown_from_ || state_.active.empty()) continue;
      std::vector<std::string> lines;
      if (bars_) {
        lines = block();
      } else if (now - last_plain >= plain_step) {
        last_plain = now;
        lines = {total_line(state_)};
      }
      lock.unlock();
      if (bars_) {
        terminal_->redraw(lines);
      } else {
        for (const auto& line : lines) terminal_->line(line);
      }
      lock.lock();
    }
  }

  void measure(double seconds) {
    if (seconds <= 0) return;
    double sum = 0;
    for (auto& [digest, blob] : state_.active) {
      const auto now_rate = static_cast<double>(blob.done - std::min(blob.done, blob.seen)) / seconds;
      blob.rate += smoothing * (now_rate - blob.rate);
      blob.seen = blob.done;
      sum += now_rate;
    }
    state_.rate += smoothing * (sum - state_.rate);
  }

  [[nodiscard]] std::vector<std::string> block() const {
    std::vector<std::pair<std::size_t, std::string>> rows;
    for (const auto& [digest, blob] : state_.active) rows.emplace_back(blob.order, blob_line(digest, blob));
    std::sort(rows.begin(), rows.end());
    const auto room = std::max<std::size_t>(terminal_->height(), 4) - 2;
    std::vector<std::string> lines;
    for (const auto& [order, line] : rows) {
      if (lines.size() < room) lines.push_back(line);
    }
    lines.push_back(total_line(state_));
    return lines;
  }

  std::shared_ptr<Terminal> terminal_;
  std::function<void(const std::string&)> trace_;
  const bool bars_;
  const bool silent_;
  const steady_clock::time_point shown_from_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  State state_;
  std::jthread drawer_;
};

}  // namespace

std::shared_ptr<ops::Observer> make_progress(ProgressStyle style, std::shared_ptr<Terminal> terminal,
                                             std::function<void(const std::string&)> trace) {
  return std::make_shared<Progress>(style, std::move(terminal), std::move(trace));
}

}  // namespace dray::cli
