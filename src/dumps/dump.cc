#include "dumps/dump.h"

#include <algorithm>
#include <utility>

#include "base/cancel.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/units.h"
#include "dumps/row_index.h"
#include "dumps/trace.h"

namespace holdfast::dumps {
namespace {

constexpr std::size_t kKeptLines = 5;                 // of those that nobody understood
constexpr std::size_t kFull = std::size_t{64} << 20;  // where runtime/pprof ends a dump
constexpr std::size_t kShownBytes = 60;

void note(UnreadLines& lines, std::string_view text, std::uint64_t number) {
  ++lines.count;
  if (lines.first.size() < kKeptLines) lines.first.push_back({text, number});
}

}  // namespace

class DumpBuilder final : public TraceVisitor {
 public:
  void header(const Header& header, const TextLine& line) override {
    begin(line);
    goroutine_.header = header;
  }
  void unknown_header(const TextLine& line) override {
    begin(line);
    is_unknown_ = true;
  }
  void thread(const TextLine& line) override {
    begin(line);
    is_thread_ = true;
  }
  void frame(const FrameLines& frame) override {
    if (!of_ancestor_) row_.push_back(place(frame));
  }
  void created_by(const FrameLines& frame, std::optional<std::uint64_t> in) override {
    if (of_ancestor_) return;
    stack_.made_by = place(frame);
    goroutine_.made_in = in.value_or(0);
  }
  void left_out(std::uint64_t frames) override {
    if (!of_ancestor_) stack_.left_out += std::max<std::uint64_t>(frames, 1);
  }
  void ancestor(std::uint64_t) override { of_ancestor_ = true; }
  void without_stack() override { stack_.unavailable = true; }
  void end(bool cut) override;
  void other(const TextLine& line) override {
    if (!crash_.read(line) && !line.text.empty()) note(dump_.other_lines_, line.text, line.number);
  }

  Dump finish(std::string_view text, const std::string& name);

 private:
  void begin(const TextLine& line) {
    crash_.close();
    goroutine_ = {};
    goroutine_.line = line.number;
    stack_ = {};
    row_.clear();
    header_ = line;
    is_unknown_ = is_thread_ = of_ancestor_ = false;
  }
  std::uint32_t place(const FrameLines& frame);
  std::uint32_t stack();
  void settle_repeated();

  Dump dump_;
  CrashReader crash_;
  RowIndex place_index_, stack_index_;
  // The goroutine that is being read.
  Goroutine goroutine_;
  Stack stack_;
  std::vector<std::uint32_t> row_;  // its frames
  TextLine header_;
  bool is_unknown_ = false, is_thread_ = false, of_ancestor_ = false;
};

std::uint32_t DumpBuilder::place(const FrameLines& frame) {
  return place_index_.find_or_add(
      mixed(hash_of(frame.function), hash_of(frame.place)),
      [&](std::uint32_t row) {
        return dump_.places_[row].place == frame.place && dump_.places_[row].function == frame.function;
      },
      [&] {
        dump_.places_.push_back({frame.function, frame.place});
        return static_cast<std::uint32_t>(dump_.places_.size() - 1);
      });
}

std::uint32_t DumpBuilder::stack() {
  std::uint64_t hash = mixed(mixed(stack_.made_by, stack_.left_out), stack_.unavailable);
  for (const std::uint32_t frame : row_) hash = mixed(hash, frame);
  return stack_index_.find_or_add(
      hash,
      [&](std::uint32_t row) {
        Stack known = dump_.stacks_[row];
        const std::span<const std::uint32_t> frames = dump_.frames(known);
        known.first_frame = known.frames = 0;
        return known == stack_ && std::ranges::equal(frames, row_);
      },
      [&] {
        stack_.first_frame = static_cast<std::uint32_t>(dump_.frames_.size());
        stack_.frames = static_cast<std::uint32_t>(row_.size());
        dump_.frames_.insert(dump_.frames_.end(), row_.begin(), row_.end());
        dump_.stacks_.push_back(stack_);
        return static_cast<std::uint32_t>(dump_.stacks_.size() - 1);
      });
}

void DumpBuilder::end(bool cut) {
  if (cut) dump_.is_cut_ = true;
  // Number 0 is the stack of a thread that runs no goroutine.
  if (is_thread_ || (goroutine_.header.id == 0 && !is_unknown_)) {
    ++dump_.threads_;
    return;
  }
  if (row_.empty() && !stack_.unavailable) {
    note(dump_.empty_headers_, header_.text, header_.number);
    return;
  }
  if (is_unknown_) note(dump_.unknown_headers_, header_.text, header_.number);
  goroutine_.stack = stack();
  dump_.goroutines_.push_back(goroutine_);
  if (dump_.goroutines_.size() % 4096 == 0) throw_if_cancelled();
}

// Where each thread prints its own goroutine, one that had no stack before has one then: of the two the second counts.
// What else has one number twice is of several dumps.
void DumpBuilder::settle_repeated() {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < dump_.goroutines_.size(); ++row)
    if (dump_.goroutines_[row].header.id > 0) rows.push_back(row);
  const auto id_of = [&](std::uint32_t row) { return dump_.goroutines_[row].header.id; };
  const auto has_stack = [&](std::uint32_t row) { return !dump_.stacks_[dump_.goroutines_[row].stack].unavailable; };
  std::ranges::stable_sort(rows, {}, [&](std::uint32_t row) { return std::pair(id_of(row), !has_stack(row)); });
  std::vector<bool> drop(dump_.goroutines_.size());
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (id_of(rows[i]) != id_of(rows[i - 1])) continue;
    if (has_stack(rows[i]))
      ++dump_.repeated_;
    else
      drop[rows[i]] = true;
  }
  std::size_t row = 0;
  std::erase_if(dump_.goroutines_, [&](const Goroutine&) { return drop[row++]; });
}

Dump DumpBuilder::finish(std::string_view text, const std::string& name) {
  dump_.messages_ = crash_.take();
  dump_.is_full_ = text.size() == kFull;
  if (!dump_.goroutines_.empty() || !dump_.messages_.empty() || dump_.threads_ > 0) {
    settle_repeated();
    return std::move(dump_);
  }
  if (dump_.empty_headers_.count > 0)
    fail(ErrorCode::kTruncated, "{} ends after \"{}\", before the stack of any goroutine", name,
         dump_.empty_headers_.first.front().text);
  if (text.empty()) fail(ErrorCode::kUnsupported, "{} is empty: it is no dump of goroutines", name);
  const std::string_view first = text.substr(0, std::min(text.find_first_of("\r\n"), kShownBytes));
  if (first.find("goroutine profile: total") != std::string_view::npos ||
      first.find("goroutineleak profile: total") != std::string_view::npos)
    fail(ErrorCode::kUnsupported,
         "{} is a profile as debug=1 gives it, without states and waits: ask for debug=2, or see `holdfast profile`",
         name);
  fail(ErrorCode::kUnsupported,
       "{} is no dump of goroutines and no message of a crash: among its {} none begins with \"goroutine N [\", "
       "\"panic: "
       "\" or \"fatal error: \"",
       name, format_bytes(text.size()));
}

Dump Dump::parse(std::string_view text, const std::string& name) {
  DumpBuilder builder;
  read_trace(text, builder);
  return builder.finish(text, name);
}

}  // namespace holdfast::dumps
