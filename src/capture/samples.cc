#include "capture/samples.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "go/package_names.h"

namespace holdfast::capture {
namespace {

class SamplePass {
 public:
  SamplePass(const go::FunctionTables& functions, heap::Snapshot& snapshot, LossLedger& losses)
      : functions_(functions), snapshot_(snapshot), losses_(losses) {}

  // Returns none if the record has no stack.
  AllocationStackId stack_of(Address bucket) {
    const auto [at, is_new] = by_bucket_.try_emplace(bucket.value);
    if (is_new) at->second = read(bucket);
    return at->second;
  }

 private:
  // Records of one place differ in the size of their objects, so equal stacks are made one.
  AllocationStackId read(Address bucket) {
    std::vector<Address> calls = go::bucket_stack(functions_.runtime(), bucket);
    if (calls.empty()) {
      losses_.add(LossKind::kUnreadableSample, bucket);
      return {};
    }
    const AllocationStackId next(static_cast<std::uint32_t>(snapshot_.allocation_stacks.size()));
    const auto [at, is_new] = by_calls_.try_emplace(std::move(calls), next);
    if (is_new) add(at->first);
    return at->second;
  }

  void add(const std::vector<Address>& calls) {
    heap::AllocationStack stack;
    stack.first_frame = static_cast<std::uint32_t>(snapshot_.frames.size());
    stack.frame_count = static_cast<std::uint32_t>(calls.size());
    for (const Address call : calls) snapshot_.frames.push_back(frame_of(call));
    snapshot_.allocation_stacks.push_back(stack);
  }

  // Returns the innermost source frame only: its callers, inlined or not, have entries of their own.
  heap::Frame frame_of(Address call) {
    const auto [at, is_new] = by_call_.try_emplace(call.value);
    if (!is_new) return at->second;
    heap::Frame& frame = at->second;
    frame.pc = call;
    const auto sources = functions_.source_frames(call, true);
    if (sources.empty()) return frame;
    frame.function = go::add_name(snapshot_.strings, sources.front().function);
    frame.file = snapshot_.strings.add(sources.front().file);
    frame.line = sources.front().line;
    frame.inlined = sources.front().inlined;
    return frame;
  }

  const go::FunctionTables& functions_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  std::unordered_map<std::uint64_t, AllocationStackId> by_bucket_;
  std::map<std::vector<Address>, AllocationStackId> by_calls_;
  std::unordered_map<std::uint64_t, heap::Frame> by_call_;
};

void add_profile(const std::optional<go::MemoryProfile>& read, const go::FunctionTables& functions, SamplePass& pass,
                 heap::MemoryProfile& profile, LossLedger& losses) {
  if (!read) return;
  profile.known = true;
  profile.rate = read->rate;
  profile.switched_off = !go::can_read_its_profile(functions);
  for (const go::ProfileBucket& bucket : read->buckets) {
    profile.allocs_since += bucket.allocs_since;
    profile.alloc_bytes_since += bucket.allocs_since * bucket.object_size;
    const go::SampleCounts& counts = bucket.published;
    if (counts.frees > counts.allocs) {  // the target was stopped while it published the record
      losses.add(LossKind::kTornProfileRecord, bucket.bucket);
      continue;
    }
    if (counts.allocs == 0) continue;
    if (const AllocationStackId stack = pass.stack_of(bucket.bucket))
      profile.records.push_back({stack, bucket.object_size, counts.allocs, counts.frees});
  }
}

}  // namespace

void add_samples(const std::vector<go::ProfiledObject>& profiled, const std::optional<go::MemoryProfile>& profile,
                 const go::FunctionTables& functions, const heap::ObjectIndex& index, heap::Snapshot& snapshot,
                 LossLedger& losses) {
  SamplePass pass(functions, snapshot, losses);
  for (const go::ProfiledObject& one : profiled) {
    const ObjectId object = index.find_object(one.object);
    if (!object) continue;  // it was freed, and its span is not swept yet
    if (const AllocationStackId stack = pass.stack_of(one.bucket)) snapshot.sampled.push_back({object, stack});
  }
  // Tiny objects share a slot and can have a record each; the first one counts for the slot.
  auto& samples = snapshot.sampled;
  std::stable_sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.object < b.object; });
  samples.erase(
      std::unique(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.object == b.object; }),
      samples.end());
  add_profile(profile, functions, pass, snapshot.profile, losses);
}

}  // namespace holdfast::capture
