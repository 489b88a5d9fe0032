// Writes the seeds of fuzz_profile: make_profile_seeds tests/fuzz/seeds
#include <filesystem>
#include <fstream>

#include "profile/profile_for_tests.h"

int main(int count, char** arguments) {
  using holdfast::profile::ProfileWriter;
  if (count != 2) return 2;
  ProfileWriter writer;
  for (const char* type : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"})
    writer.sample_type(type, std::string(type).ends_with("space") ? "bytes" : "count");
  writer.period("space", "bytes", 524288);
  writer.default_type("inuse_space");
  const std::uint64_t keep = writer.function("main.keep", "/src/main.go"),
                      serve = writer.function("main.serve", "/src/serve.go");
  writer.location(1, 0x1000, {{keep, 7}, {serve, 12}});
  writer.location(2, 0x2000, {{serve, 20}});
  writer.location(7, 0x3000, {});
  writer.sample({1, 2}, {3, 300, 2, 200}, 100);
  writer.sample({7, 2, 2}, {-1, -50, 0, 0}, 0, false);
  const std::filesystem::path folder = std::filesystem::path(arguments[1]) / "fuzz_profile";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "heap.pb", std::ios::binary) << writer.bytes();
  return 0;
}
