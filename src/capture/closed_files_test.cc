#include "capture/closed_files.h"

#include <gmock/gmock.h>

#include <cstring>
#include <vector>

#include "base/memory_image.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using heap::ClosedFile;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

class ClosedFiles : public testing::Test {
 protected:
  static constexpr std::uint64_t kBytes = 64, kDescriptorAt = 8, kLockAt = 16;
  static constexpr Address kHeap{0xc000000000};  // of the builder

  TypeId type_with_descriptor(std::string_view name, std::string_view descriptor = "internal/poll.FD") {
    const TypeId number = heap_.type("uint64", heap::TypeKind::kUint64, 8);
    const TypeId lock = heap_.structure("internal/poll.fdMutex", 16, {{"state", number, 0}, {"rsema", {}, 8}});
    const TypeId fd = heap_.structure(descriptor, 40, {{"Sysfd", number, 0}, {"fdmu", lock, kLockAt}});
    return heap_.structure(name, kBytes, {{"name", {}, 0}, {"pfd", fd, kDescriptorAt}});
  }

  // Gives each object of kBytes one of the states, and looks.
  std::vector<ClosedFile> find(const std::vector<std::uint64_t>& states) {
    heap::Snapshot s = heap_.build();
    const heap::ObjectIndex index(s);
    std::vector<std::byte> bytes(s.spans.back().base + s.spans.back().bytes() - kHeap);
    for (std::size_t i = 0; i < states.size(); ++i)
      std::memcpy(bytes.data() + i * kBytes + kDescriptorAt + kLockAt, &states[i], sizeof states[i]);
    MemoryImage memory;
    memory.add(kHeap, bytes, nullptr);
    memory.seal();
    add_closed_files(memory, index, s);
    return s.closed_files;
  }

  HeapBuilder heap_;
};

TEST_F(ClosedFiles, SaySoInTheirState) {
  const TypeId connection = type_with_descriptor("net.netFD"), file = type_with_descriptor("os.file");
  heap_.object(kBytes, connection);
  heap_.object(kBytes, connection);
  heap_.object(kBytes, file);
  heap_.object(kBytes, file);
  EXPECT_THAT(find({8, 9, 0, 1}), ElementsAre(ClosedFile{ObjectId(1)}, ClosedFile{ObjectId(3)}));
}

TEST_F(ClosedFiles, AreNoObjectsOfOtherTypesOrOfGuessedOnes) {
  heap_.object(kBytes, type_with_descriptor("main.file", "main.FD"));
  heap_.object(kBytes, type_with_descriptor("net.netFD"), heap::KnownBy::kInferred);
  heap_.object(kBytes);
  EXPECT_THAT(find({1, 1, 1}), IsEmpty());
}

}  // namespace
}  // namespace holdfast::capture
