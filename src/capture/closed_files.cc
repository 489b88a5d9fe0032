#include "capture/closed_files.h"

#include <vector>

#include "base/parallel.h"
#include "heap/descriptor_types.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kClosedFileParts = 64;
constexpr std::uint64_t kClosed = 1;  // mutexClosed of internal/poll/fd_mutex.go, in fdMutex.state

}  // namespace

void add_closed_files(const MemorySource& memory, const heap::ObjectIndex& index, heap::Snapshot& snapshot) {
  const heap::DescriptorTypes types(snapshot);
  std::vector<std::vector<heap::ClosedFile>> parts(kClosedFileParts);
  for_each_part(snapshot.pointerful, kClosedFileParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (auto row = static_cast<std::uint32_t>(begin); row < end; ++row) {
      const heap::ObjectType known = snapshot.object_type[row];
      const auto at =
          known && known.known_by() < heap::KnownBy::kInferred ? types.state_at(known.type()) : std::nullopt;
      if (!at) continue;
      const ObjectId object(row);
      const std::uint64_t header = snapshot.spans[index.find_span(object).row].header;
      const auto state = memory.try_pointer(index.address_of(object) + header + *at);
      if (state && (state->value & kClosed) != 0) parts[part].push_back({object});
    }
  });
  for (const auto& part : parts) snapshot.closed_files.insert(snapshot.closed_files.end(), part.begin(), part.end());
}

}  // namespace holdfast::capture
