// The machine and the moment at which holdfast looks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace holdfast::os {

struct Host {
  std::string name;    // of its UTS namespace: in a container usually the container's own
  std::string kernel;  // release: "6.1.0-40-amd64"
};

// From uname(2). Fails with kSystem.
Host this_host();

// Nanoseconds since 1970 UTC.
std::int64_t wall_clock_ns();
// When the file was last written, in the same clock; 0 if the system does not say.
std::int64_t written_ns(const std::filesystem::path& file);

}  // namespace holdfast::os
