// Threads of C++ programs (threadz): a stack for each thread, with names or without.
#include "base/error.h"
#include "profile/legacy_text.h"

namespace holdfast::profile {
namespace {

class ThreadReader {
 public:
  explicit ThreadReader(std::string_view text) : lines_(text) {}

  Converted run() {
    builder_.add_sample_type("thread", "count");
    builder_.set_period("thread", "count", 1);
    lines_.next_content();
    bool more = true;
    if (lines_.line().starts_with("--- threadz "))
      while ((more = lines_.next()) && !lines_.line().starts_with("-")) continue;
    while (more && !begins_mappings(lines_.line()) && !lines_.line().starts_with("---- no stack trace for")) {
      if (!lines_.line().starts_with("--- Thread ")) refuse_line(lines_, "this is no header of a thread");
      more = read_thread();
    }
    flush();
    return {builder_.finish(), remark_};
  }

 private:
  // Returns whether there is a line behind it.
  bool read_thread() {
    std::vector<std::uint64_t> addresses;
    std::vector<std::string_view> names;  // by address, empty for none
    bool is_same = false, more = false;
    while ((more = lines_.next()) && !lines_.line().starts_with("---")) {
      if (lines_.is_cut_off()) remark_ = remark_on_cut(lines_);
      if (lines_.line().find("same as previous thread") != std::string_view::npos) is_same = true;
      if (is_same || lines_.is_cut_off()) continue;
      const std::vector<std::uint64_t> here =
          in_context([&] { return addresses_in(lines_.line()); }, "line {}", lines_.number());
      addresses.insert(addresses.end(), here.begin(), here.end());
      names.resize(addresses.size());
      if (here.size() == 1) names.back() = name_in(lines_.line());
    }
    // A thread without a stack counts as one more of those before it, as pprof has it.
    if (addresses.empty() || is_same) {
      ++threads_;
      return more;
    }
    flush();
    threads_ = 1;
    stack_ = stack_of(addresses, names);
    return more;
  }

  // "  PC:  0x00bc8f1c: helper(arg *)"
  static std::string_view name_in(std::string_view line) {
    const std::size_t end = line.find_first_not_of("0123456789abcdefx", line.find("0x"));
    if (end == std::string_view::npos || line[end] != ':') return {};
    return trimmed(line.substr(end + 1));
  }

  // All but the leaf are return addresses. The leaf may be there twice: from the registers and from the stack.
  std::vector<std::uint64_t> stack_of(const std::vector<std::uint64_t>& addresses,
                                      const std::vector<std::string_view>& names) {
    std::vector<std::uint64_t> stack;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (i == 1 && addresses[1] == addresses[0]) continue;
      const std::uint64_t address = i == 0 ? addresses[0] : addresses[i] - 1;
      stack.push_back(names[i].empty() ? builder_.location(address) : builder_.location(address, {names[i], "", 0}));
    }
    return stack;
  }

  void flush() {
    if (!stack_.empty()) builder_.add_sample(stack_, std::span(&threads_, 1));
  }

  Lines lines_;
  Builder builder_;
  std::vector<std::uint64_t> stack_;  // of the last thread that has one
  std::int64_t threads_ = 0;          // that have it
  std::string remark_;
};

}  // namespace

Converted convert_threads(std::string_view text) {
  return ThreadReader(text).run();
}

}  // namespace holdfast::profile
