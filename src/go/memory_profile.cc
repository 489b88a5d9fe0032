#include "go/memory_profile.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "go/record.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kDeepest = 4096;  // calls of a stack; debug.profstackdepth is 1024 at most
constexpr std::uint64_t kCycles = 3;      // memRecord.future

// Reads runtime.memRecord: what is published, and what counts for each of three collections.
class RecordReader {
 public:
  explicit RecordReader(const Runtime& runtime)
      : record_(runtime.memory, runtime.layouts.get_size("runtime.memRecord")),
        size_(runtime.layouts.get_size("runtime.memRecordCycle")),
        active_(runtime.layouts.offset("runtime.memRecord", "active")),
        future_(runtime.layouts.offset("runtime.memRecord", "future")),
        allocs_(runtime.layouts.find("runtime.memRecordCycle", "allocs")),
        frees_(runtime.layouts.find("runtime.memRecordCycle", "frees")) {}

  bool read(Address at) { return record_.read(at); }
  SampleCounts active() const { return counts_at(active_); }
  SampleCounts future(std::uint64_t cycle) const { return counts_at(future_ + cycle % kCycles * size_); }

 private:
  SampleCounts counts_at(std::uint64_t at) const {
    const auto number = [&](MaybeField field) {
      if (field) field->offset += static_cast<std::uint32_t>(at);
      return record_.number(field);
    };
    return {number(allocs_), number(frees_)};
  }

  Record record_;
  std::uint64_t size_, active_, future_;
  MaybeField allocs_, frees_;
};

void add(SampleCounts& sum, const SampleCounts& more) {
  sum.allocs += more.allocs;
  sum.frees += more.frees;
}

struct ReadBucket {
  Address at;
  std::uint64_t size = 0;
  SampleCounts active;
  std::array<SampleCounts, kCycles> future;
};

std::vector<ReadBucket> read_buckets(const Runtime& runtime, LossLedger& losses) {
  const auto field = [&](const char* name) { return runtime.layouts.find("runtime.bucket", name); };
  const MaybeField next = field("allnext"), size = field("size"), depth = field("nstk");
  const std::uint64_t header = runtime.layouts.get_size("runtime.bucket");
  Record bucket(runtime.memory, header);
  RecordReader record(runtime);
  std::vector<ReadBucket> found;
  std::unordered_set<Address> seen;
  for (Address at = runtime.memory.try_pointer(runtime.vars.mbuckets).value_or(Address()); at;
       at = bucket.pointer(next)) {
    if (!seen.insert(at).second || !bucket.read(at) || bucket.number(depth) > kDeepest ||
        !record.read(at + header + bucket.number(depth) * 8)) {
      losses.add(LossKind::kUnreadableSample, at);  // and so are those behind it
      break;
    }
    found.push_back({at, bucket.number(size), record.active(), {}});
    for (std::uint64_t c = 0; c < kCycles; ++c) found.back().future[c] = record.future(c);
  }
  return found;
}

}  // namespace

std::optional<MemoryProfile> read_memory_profile(const Runtime& runtime, LossLedger& losses) {
  if (!runtime.vars.mbuckets || !runtime.vars.profile_cycle) return std::nullopt;
  const auto cycle_word = runtime.memory.try_integer<std::uint32_t>(runtime.vars.profile_cycle);
  if (!cycle_word) return std::nullopt;
  MemoryProfile profile;
  if (runtime.vars.profile_rate) profile.rate = runtime.memory.try_integer<std::uint64_t>(runtime.vars.profile_rate);
  const std::uint64_t cycle = *cycle_word >> 1;  // bit 0 says whether this cycle is in `active` already
  const std::vector<ReadBucket> buckets = read_buckets(runtime, losses);
  // The reader of the profile publishes the cycle that has ended, and everything if nothing else is there.
  bool nothing = true;
  for (const ReadBucket& bucket : buckets) {
    const SampleCounts& ended = bucket.future[cycle % kCycles];
    nothing = nothing && bucket.active.allocs + bucket.active.frees + ended.allocs + ended.frees == 0;
  }
  for (const ReadBucket& read : buckets) {
    ProfileBucket& bucket = profile.buckets.emplace_back();
    bucket.bucket = read.at;
    bucket.object_size = read.size;
    bucket.published = read.active;
    for (std::uint64_t c = 0; c < kCycles; ++c) {
      if (nothing || c == cycle % kCycles)
        add(bucket.published, read.future[c]);
      else
        bucket.allocs_since += read.future[c].allocs;
    }
  }
  return profile;
}

void visit_memory_profile(const Runtime& runtime) {
  LossLedger counted_later;
  const auto profile = read_memory_profile(runtime, counted_later);
  if (!profile) return;
  for (const ProfileBucket& bucket : profile->buckets) bucket_stack(runtime, bucket.bucket);
}

bool can_read_its_profile(const FunctionTables& functions) {
  // The first is what the linker looks for from Go 1.23 on, the second up to then.
  return !functions.find_by_name("runtime.memProfileInternal").empty() ||
         !functions.find_by_name("runtime.MemProfile").empty();
}

std::vector<Address> bucket_stack(const Runtime& runtime, Address bucket) {
  const auto depth =
      runtime.memory.try_integer<std::uint64_t>(bucket + runtime.layouts.offset("runtime.bucket", "nstk"));
  if (!depth || *depth > kDeepest) return {};
  std::vector<std::byte> bytes(*depth * 8);
  if (!runtime.memory.try_read(bucket + runtime.layouts.get_size("runtime.bucket"), bytes)) return {};
  std::vector<Address> stack;
  for (std::uint64_t i = 0; i < *depth; ++i) stack.emplace_back(load_le<std::uint64_t>(bytes.data() + i * 8));
  return stack;
}

}  // namespace holdfast::go
