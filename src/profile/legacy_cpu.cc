// Processor time as gperftools and the Go of old wrote it: words of 4 or 8 bytes, of any byte order. Five of a header
// (0, 3, 0 or 1 for Java, the period in microseconds, 0), then for each stack how often it was seen, how long it is,
// and its addresses; at last 0, 1, 0. Names of Java's locations stand behind that.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

#include "base/cancel.h"
#include "base/error.h"
#include "base/units.h"
#include "profile/legacy_text.h"

namespace holdfast::profile {
namespace {

struct WordForm {
  std::size_t bytes;
  bool is_big_endian;
};

class Words {
 public:
  Words(std::string_view bytes, WordForm form) : rest_(bytes), form_(form) {}

  std::optional<std::uint64_t> next() {
    if (rest_.size() < form_.bytes) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < form_.bytes; ++i) {
      const std::size_t at = form_.is_big_endian ? i : form_.bytes - 1 - i;
      value = value << 8 | static_cast<unsigned char>(rest_[at]);
    }
    rest_.remove_prefix(form_.bytes);
    return value;
  }
  std::size_t left() const { return rest_.size() / form_.bytes; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  WordForm form_;
};

struct Stack {
  std::int64_t count;
  std::vector<std::uint64_t> addresses;  // of the calls; of the leaf, where it was
};

struct Header {
  std::int64_t period_us;
  bool is_java;
};

std::optional<Header> read_header(Words& words) {
  constexpr std::uint64_t kMostUs = 1'000'000'000;
  std::array<std::uint64_t, 5> header{};
  for (std::uint64_t& word : header) {
    const std::optional<std::uint64_t> next = words.next();
    if (!next) return std::nullopt;
    word = *next;
  }
  if (header[0] != 0 || header[1] != 3 || header[2] > 1 || header[3] == 0 || header[4] != 0) return std::nullopt;
  return Header{static_cast<std::int64_t>(std::min(header[3], kMostUs)), header[2] == 1};
}

class CpuReader {
 public:
  CpuReader(Words words, Header header, std::size_t bytes) : words_(words), header_(header), bytes_(bytes) {}

  Converted run() {
    builder_.add_sample_type("samples", "count");
    builder_.add_sample_type("cpu", "nanoseconds");
    builder_.set_period("cpu", "nanoseconds", header_.period_us * 1000);
    while (read_stack()) continue;
    if (!header_.is_java) {
      constexpr int kMostHandlers = 2;
      for (int i = 0; i < kMostHandlers; ++i) drop_signal_handler();
      drop_doubled_leaves();
    }
    add_samples();
    return {builder_.finish(), remark_};
  }

 private:
  // Returns whether there may be another.
  bool read_stack() {
    constexpr std::size_t kCancelEvery = 1 << 16;
    if (stacks_.size() % kCancelEvery == 0) throw_if_cancelled();
    const std::size_t at = bytes_ - words_.rest().size();
    const std::optional<std::uint64_t> count = words_.next(), depth = words_.next();
    if (!count || !depth || *depth > words_.left()) return note_end(at);
    Stack stack{static_cast<std::int64_t>(std::min<std::uint64_t>(*count, std::numeric_limits<std::int64_t>::max())),
                std::vector<std::uint64_t>(*depth)};
    for (std::uint64_t& address : stack.addresses) address = *words_.next();
    if (*count == 0 && *depth == 1 && stack.addresses[0] == 0) return false;
    if (!header_.is_java)
      for (std::size_t i = 1; i < stack.addresses.size(); ++i) --stack.addresses[i];
    stacks_.push_back(std::move(stack));
    return true;
  }

  bool note_end(std::size_t at) {
    remark_ = fmt::format("the profile is cut off at byte {} of {}, behind {}", at, bytes_,
                          format_count(stacks_.size(), "stack"));
    return false;
  }

  // Where nearly all stacks have the same caller of the leaf, that is the handler of the signal, no caller.
  void drop_signal_handler() {
    constexpr std::size_t kOneOf = 32;  // may be different
    std::unordered_map<std::uint64_t, std::size_t> callers;
    for (const Stack& stack : stacks_)
      if (stack.addresses.size() > 1) ++callers[stack.addresses[1]];
    const auto most = std::ranges::max_element(callers, {}, [](const auto& caller) { return caller.second; });
    if (most == callers.end() || most->second < stacks_.size() - stacks_.size() / kOneOf) return;
    for (Stack& stack : stacks_)
      if (stack.addresses.size() > 1 && stack.addresses[1] == most->first)
        stack.addresses.erase(stack.addresses.begin() + 1);
  }

  // The leaf is known from the registers and from the stack.
  void drop_doubled_leaves() {
    for (Stack& stack : stacks_)
      if (stack.addresses.size() > 1 && stack.addresses[0] == stack.addresses[1] + 1)
        stack.addresses.erase(stack.addresses.begin() + 1);
  }

  void add_samples() {
    const JavaLocations names(header_.is_java ? words_.rest() : std::string_view());
    for (const Stack& stack : stacks_) {
      std::vector<std::uint64_t> locations;
      for (const std::uint64_t address : stack.addresses)
        locations.push_back(header_.is_java ? names.in(builder_, address) : builder_.location(address));
      builder_.add_sample(locations, std::array{stack.count, product(stack.count, header_.period_us * 1000)});
    }
  }

  Words words_;
  Header header_;
  std::size_t bytes_;
  Builder builder_;
  std::vector<Stack> stacks_;
  std::string remark_;
};

struct Begin {
  Words words;  // behind the header
  Header header;
};

std::optional<Begin> begin_of(std::string_view bytes) {
  for (const WordForm form : {WordForm{4, false}, WordForm{4, true}, WordForm{8, false}, WordForm{8, true}}) {
    Words words(bytes, form);
    if (const std::optional<Header> header = read_header(words)) return Begin{words, *header};
  }
  return std::nullopt;
}

}  // namespace

bool begins_cpu(std::string_view bytes) {
  return begin_of(bytes).has_value();
}

Converted convert_cpu(std::string_view bytes) {
  const std::optional<Begin> begin = begin_of(bytes);
  HOLDFAST_CHECK(begin.has_value());
  return CpuReader(begin->words, begin->header, bytes.size()).run();
}

}  // namespace holdfast::profile
