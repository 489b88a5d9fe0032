// Heaps: of Go (/debug/pprof/heap?debug=1), of gperftools (heapz, growthz, fragmentationz).
#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/units.h"
#include "profile/legacy_go.h"
#include "profile/legacy_text.h"

namespace holdfast::profile {
namespace {

// "851: 1126960 [1586: 5049776] @", objects and bytes.
struct Counted {
  Amount in_use, allocated;
};

std::optional<Amount> read_amount(LineReader& reader) {
  const std::optional<std::int64_t> objects = reader.number();
  if (!objects || !reader.take(":")) return std::nullopt;
  const std::optional<std::int64_t> bytes = reader.number();
  if (!bytes) return std::nullopt;
  return Amount{*objects, *bytes};
}

std::optional<Counted> read_counted(LineReader& reader) {
  const std::optional<Amount> in_use = read_amount(reader);
  if (!in_use || !reader.take("[")) return std::nullopt;
  const std::optional<Amount> allocated = read_amount(reader);
  if (!allocated || !reader.take("]") || !reader.take("@")) return std::nullopt;
  return Counted{*in_use, *allocated};
}

class HeapReader {
 public:
  explicit HeapReader(std::string_view text) : text_(text), lines_(text) {}

  Converted run() {
    read_header();
    if (counts_allocated_) {
      builder_.add_sample_type("alloc_objects", "count");
      builder_.add_sample_type("alloc_space", "bytes");
    }
    builder_.add_sample_type(counts_allocated_ ? "inuse_objects" : "objects", "count");
    builder_.add_sample_type(counts_allocated_ ? "inuse_space" : "space", "bytes");
    builder_.set_period("space", "bytes", period_);
    for (bool more = lines_.next(); more;) {
      if (begins_mappings(lines_.line())) break;
      more = is_space_or_comment(lines_.line()) ? lines_.next() : read_record();
    }
    check_sums();
    return {builder_.finish(), remark_, collections()};
  }

 private:
  // Behind the records, Go writes its MemStats as comments: "# NumGC = 12".
  std::optional<std::uint64_t> collections() const {
    constexpr std::string_view kNumGC = "\n# NumGC = ";
    const std::size_t at = is_of_go_ ? text_.rfind(kNumGC) : std::string_view::npos;
    if (at == std::string_view::npos) return std::nullopt;
    LineReader reader(text_.substr(at + kNumGC.size(), text_.substr(at + 1).find('\n')));
    const std::optional<std::int64_t> number = reader.number();
    if (!number || *number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
  }

  // "heap profile: 851: 1126960 [1586: 5049776] @ heap/8192"
  void read_header() {
    lines_.next();
    LineReader reader(lines_.line());
    reader.take("heap profile:");
    const std::optional<Counted> announced = read_counted(reader);
    if (!announced) refuse_line(lines_, "this is no header of a heap profile");
    announced_ = *announced;
    const std::string_view kind = reader.word();
    const std::int64_t rate = reader.take("/") ? reader.number().value_or(0) : 0;
    const auto differ = [](const Amount& a, const Amount& b) { return a.objects != b.objects || a.bytes != b.bytes; };
    const Amount& allocated = announced_.allocated;
    counts_allocated_ = differ(allocated, announced_.in_use) && (allocated.objects != 0 || allocated.bytes != 0);
    if (kind == "heap") {  // of Go, which writes twice the rate, since older readers halve it
      period_ = rate / 2;
      is_sampled_ = counts_allocated_ = is_of_go_ = true;
    } else if (kind == "heap_v2" || kind == "heapz_v2") {
      period_ = rate;
      is_sampled_ = true;
    } else if (kind == "growth" || kind == "growthz" || kind == "fragmentation" || kind == "fragmentationz") {
      counts_allocated_ = false;
    } else if (kind != "heapprofile") {
      fail(ErrorCode::kUnsupported, "line 1: heap profiles of the kind \"{}\" are not known", kind);
    }
  }

  // Returns whether there is a line behind it.
  bool read_record() {
    LineReader reader(lines_.line());
    const std::optional<Counted> counted = read_counted(reader);
    if (lines_.is_cut_off()) {
      remark_ = remark_on_cut(lines_);
      return false;
    }
    if (!counted) refuse_line(lines_, "this is no record of a heap profile");
    Record record;
    record.addresses = in_context([&] { return addresses_in(reader.rest()); }, "line {}", lines_.number());
    for (std::uint64_t& address : record.addresses) --address;
    const std::int64_t size = size_of_objects(*counted);
    const bool more = read_names(lines_, record);
    const Label label{"bytes", {}, size, {}};
    const std::array<Amount, 2> amounts = {scaled(counted->allocated), scaled(counted->in_use)};
    const std::array<std::int64_t, 4> values = {amounts[0].objects, amounts[0].bytes, amounts[1].objects,
                                                amounts[1].bytes};
    builder_.add_sample(stack_of(record, Hidden::kDropped, builder_),
                        std::span(values).subspan(counts_allocated_ ? 0 : 2), std::span(&label, size > 0 ? 1 : 0));
    add(read_.in_use, counted->in_use);
    add(read_.allocated, counted->allocated);
    return more;
  }

  std::int64_t size_of_objects(const Counted& counted) {
    for (const Amount& amount : {counted.in_use, counted.allocated}) {
      if (amount.objects == 0 && amount.bytes != 0) refuse_line(lines_, "no objects cannot have bytes");
      if (amount.objects != 0) return amount.bytes / amount.objects;
    }
    return 0;
  }

  Amount scaled(const Amount& amount) const { return is_sampled_ ? unsampled(amount, period_) : amount; }

  static void add(Amount& sum, const Amount& more) {
    sum.objects = to_integer(static_cast<double>(sum.objects) + static_cast<double>(more.objects));
    sum.bytes = to_integer(static_cast<double>(sum.bytes) + static_cast<double>(more.bytes));
  }

  // Go announces what its records add up to. Others may round or leave records out.
  void check_sums() {
    if (!is_of_go_ || !remark_.empty() || read_.allocated.objects == announced_.allocated.objects) return;
    remark_ =
        fmt::format("the profile announces {} that were sampled, and has records of {}: it is cut off or was changed",
                    format_count(static_cast<std::uint64_t>(announced_.allocated.objects), "object"),
                    format_count(static_cast<std::uint64_t>(read_.allocated.objects)));
  }

  std::string_view text_;
  Lines lines_;
  Builder builder_;
  std::int64_t period_ = 1;
  bool is_sampled_ = false, counts_allocated_ = false, is_of_go_ = false;
  Counted announced_, read_;
  std::string remark_;
};

}  // namespace

Converted convert_heap(std::string_view text) {
  return HeapReader(text).run();
}

}  // namespace holdfast::profile
