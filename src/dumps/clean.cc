#include "dumps/clean.h"

#include <fmt/format.h>

#include <iterator>

#include "dumps/trace.h"

namespace holdfast::dumps {
namespace {

class Cleaner final : public TraceVisitor {
 public:
  void header(const Header& header, const TextLine&) override {
    begin();
    writes_ = header.id > 0;
    if (!writes_) return;
    put("goroutine {} [{}{}{}", header.id, header.state, header.leaked ? " (leaked)" : "",
        header.durable ? " (durable)" : "");
    if (header.minutes > 0) put(", {} minutes", header.minutes);
    put("{}]:\n", header.locked ? ", locked to thread" : "");
  }
  void unknown_header(const TextLine&) override {
    begin();
    ++out_.left_out;
  }
  void thread(const TextLine&) override { begin(); }
  void frame(const FrameLines& frame) override {
    has_frames_ = true;
    lines(frame);
  }
  void created_by(const FrameLines& frame, std::optional<std::uint64_t>) override { lines(frame); }
  void left_out(std::uint64_t) override {
    if (writes_) put("...additional frames elided...\n");
  }
  void ancestor(std::uint64_t) override { writes_ = false; }
  void without_stack() override {
    has_frames_ = true;
    if (writes_) put("\tgoroutine running on other thread; stack unavailable\n");
  }
  void end(bool) override {
    if (one_.empty() || !has_frames_) return;
    out_.text += one_ + "\n";
    ++out_.goroutines;
    one_.clear();
  }
  void other(const TextLine&) override {}

  CleanDump take() { return std::move(out_); }

 private:
  void begin() {
    one_.clear();
    writes_ = has_frames_ = false;
  }
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(one_), format, std::forward<Args>(args)...);
  }
  void lines(const FrameLines& frame) {
    if (!writes_) return;
    put("{}\n\t{}{}{}\n", frame.call, frame.place, frame.offset.empty() ? "" : " ", frame.offset);
  }

  CleanDump out_;
  std::string one_;  // the goroutine that is being read
  bool writes_ = false, has_frames_ = false;
};

}  // namespace

CleanDump clean_dump(std::string_view text) {
  Cleaner cleaner;
  read_trace(text, cleaner);
  return cleaner.take();
}

}  // namespace holdfast::dumps
