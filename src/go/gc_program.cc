#include "go/gc_program.h"

#include <algorithm>
#include <limits>

#include "base/architecture.h"

namespace holdfast::go {
namespace {

class Writer {
 public:
  explicit Writer(std::uint64_t max_bits) : max_bits_(max_bits) {}

  bool has_room(std::uint64_t count) const { return count <= max_bits_ - bits_.count; }
  std::uint64_t count() const { return bits_.count; }
  BitVector take() { return std::move(bits_); }

  // Appends the low `count` (1 to 64) bits of `value`.
  void append(std::uint64_t value, std::uint64_t count) {
    if (count < 64) value &= (std::uint64_t{1} << count) - 1;
    const std::uint64_t shift = bits_.count % 64;
    if (shift == 0)
      bits_.words.push_back(value);
    else
      bits_.words.back() |= value << shift;
    if (shift != 0 && shift + count > 64) bits_.words.push_back(value >> (64 - shift));
    bits_.count += count;
  }

  // Appends `total` bits that continue the period of the last `period` bits.
  void repeat(std::uint64_t period, std::uint64_t total) {
    bits_.words.reserve((bits_.count + total + 63) / 64);
    const std::uint64_t had = bits_.count;
    while (total > 0) {
      const std::uint64_t n = std::min({period, std::uint64_t{64}, total});
      append(read(bits_.count - period), n);
      total -= n;
      // A multiple of the period is a period as well, and a longer one copies whole words.
      if (period < 64 && bits_.count - had >= period) period *= 2;
    }
  }

 private:
  // Reads 64 bits from bit `at` on; bits that were not written yet can have any value.
  std::uint64_t read(std::uint64_t at) const {
    const std::uint64_t word = at / 64;
    const std::uint64_t shift = at % 64;
    std::uint64_t value = bits_.words[word] >> shift;
    if (shift != 0 && word + 1 < bits_.words.size()) value |= bits_.words[word + 1] << (64 - shift);
    return value;
  }

  BitVector bits_;
  std::uint64_t max_bits_;
};

// Reads from front to back, and remembers the first thing that went wrong.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  GcProgramEnd problem() const { return problem_; }
  bool ok() const { return problem_ == GcProgramEnd::kComplete; }
  std::uint64_t left() const { return bytes_.size() - at_; }

  std::uint8_t byte() {
    if (at_ == bytes_.size()) {
      problem_ = GcProgramEnd::kTruncated;
      return 0;
    }
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      const std::uint8_t b = byte();
      value |= std::uint64_t{b & 0x7fU} << shift;
      if (b < 0x80) return value;
    }
    problem_ = GcProgramEnd::kBadRepeat;
    return 0;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  GcProgramEnd problem_ = GcProgramEnd::kComplete;
};

GcProgramEnd literal(Reader& reader, Writer& writer, std::uint64_t count) {
  if (reader.left() < (count + 7) / 8) return GcProgramEnd::kTruncated;
  if (!writer.has_room(count)) return GcProgramEnd::kTooLong;
  for (; count > 0; count -= std::min<std::uint64_t>(count, 8))
    writer.append(reader.byte(), std::min<std::uint64_t>(count, 8));
  return GcProgramEnd::kComplete;
}

GcProgramEnd repeat(Reader& reader, Writer& writer, std::uint64_t period) {
  if (period == 0) period = reader.varint();
  const std::uint64_t times = reader.varint();
  if (!reader.ok()) return reader.problem();
  if (period == 0 || period > writer.count()) return GcProgramEnd::kBadRepeat;
  if (times > std::numeric_limits<std::uint64_t>::max() / period || !writer.has_room(times * period))
    return GcProgramEnd::kTooLong;
  writer.repeat(period, times * period);
  return GcProgramEnd::kComplete;
}

}  // namespace

GcProgramResult expand_gc_program(std::span<const std::byte> program, std::uint64_t max_bits) {
  Reader reader(program);
  Writer writer(max_bits);
  GcProgramEnd end = GcProgramEnd::kComplete;
  while (end == GcProgramEnd::kComplete) {
    const std::uint8_t op = reader.byte();
    end = reader.problem();
    if (op == 0) break;
    end = op < 0x80 ? literal(reader, writer, op) : repeat(reader, writer, op & 0x7f);
  }
  return {writer.take(), end};
}

GcProgramResult expand_gc_program(const MemorySource& memory, Address program, std::uint64_t max_bits,
                                  std::uint64_t max_bytes) {
  std::vector<std::byte> bytes;
  std::uint64_t wanted = kSystemPage;
  while (true) {
    // Reads page by page, so that a program that ends before an unreadable page is read.
    bool more = true;
    while (more && bytes.size() < std::min(wanted, max_bytes)) {
      const Address at = program + bytes.size();
      const std::uint64_t n = std::min(kSystemPage - at.value % kSystemPage, max_bytes - bytes.size());
      const std::size_t had = bytes.size();
      bytes.resize(had + n);
      more = memory.try_read(at, std::span(bytes).subspan(had));
      if (!more) bytes.resize(had);
    }
    GcProgramResult result = expand_gc_program(bytes, max_bits);
    if (result.end != GcProgramEnd::kTruncated || !more || bytes.size() >= max_bytes) return result;
    wanted *= 8;
  }
}

}  // namespace holdfast::go
