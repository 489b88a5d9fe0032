#include "capture/target.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "binary/elf.h"
#include "heap/hold_file.h"

namespace holdfast::capture {
namespace {

using File = std::shared_ptr<const os::FileMapping>;

class HoldTarget final : public Target {
 public:
  HoldTarget(std::string path, File file, const Options& options) : Target(std::move(path)), file_(std::move(file)) {
    if (!options.symbols.empty())
      fail(ErrorCode::kUsage, "{} has its names already: --symbols is for when it is written, holdfast capture --help",
           name());
  }

  TargetForm form() const override { return TargetForm::kHold; }

  heap::Snapshot snapshot(const Callbacks& callbacks, PassTimes& times) override {
    auto snapshot = times.run("open", [&] { return heap::read_hold(file_->bytes()); });
    if (callbacks.first_look) callbacks.first_look(snapshot);
    if (callbacks.meanwhile) callbacks.meanwhile(snapshot);
    return snapshot;
  }

 private:
  File file_;
};

// Fails with kUsage, saying what it is, if it is an ELF file of another kind.
bool is_core(const std::string& path, const ByteView& file) {
  constexpr std::string_view kMagic = "\177ELF";
  const auto bytes = file.span();
  const std::string_view begin(reinterpret_cast<const char*>(bytes.data()),
                               std::min<std::size_t>(bytes.size(), kMagic.size()));
  if (begin != kMagic) return false;
  if (binary::ElfFile(file).type() == binary::ElfType::kCore) return true;
  fail(ErrorCode::kUsage,
       "{} is a program, not a core file: start it and name its pid, or name a core and it with --exe", path);
}

bool is_process(const std::string& name) {
  try {
    os::find_process(name);
    return true;
  } catch (const Error& error) {
    return error.code() == ErrorCode::kUsage;  // several have the name: find_process lists them later
  }
}

std::unique_ptr<Target> file_target(const std::string& path, const Options& options) {
  File file = os::map_file(path);
  if (heap::is_hold(file->bytes())) return hold_target(path, std::move(file), options);
  if (is_core(path, file->bytes())) return core_target(path, std::move(file), options);
  fail(ErrorCode::kUsage, "{} is neither a core file nor a .hold file", path);
}

}  // namespace

Prediction Target::predict(PassTimes&) {
  fail(ErrorCode::kUsage, "{} is a file: what a stop would cost can be said of live processes", name_);
}

std::unique_ptr<Target> hold_target(std::string path, std::shared_ptr<const os::FileMapping> file,
                                    const Options& options) {
  return std::make_unique<HoldTarget>(std::move(path), std::move(file), options);
}

std::unique_ptr<Target> find_target(const std::string& name, const Options& options) {
  const std::filesystem::file_status file = std::filesystem::status(name);
  if (std::filesystem::exists(file) && !std::filesystem::is_directory(file)) {
    try {
      return file_target(name, options);
    } catch (const Error& error) {
      const bool may_be_process = name.find('/') == std::string::npos;
      if (error.code() != ErrorCode::kUsage || !may_be_process || !is_process(name)) throw;
    }
  }
  return process_target(name, os::find_process(name), options);
}

}  // namespace holdfast::capture
