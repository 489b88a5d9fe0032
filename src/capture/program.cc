#include "capture/program.h"

#include <algorithm>
#include <map>

#include "base/architecture.h"

namespace holdfast::capture {
namespace {

// Run-time address minus linked address, from one loaded part and the segment that it comes from.
std::optional<std::uint64_t> bias_of(const binary::ElfFile& elf, const std::vector<FilePart>& parts) {
  if (elf.type() == binary::ElfType::kExec) return 0;
  for (const FilePart& part : parts) {
    for (const auto& segment : elf.loads()) {
      const std::uint64_t slack = segment.offset % kSystemPage;
      if (segment.offset - slack == part.file_offset) return part.range.begin - (segment.vaddr - slack);
    }
  }
  return std::nullopt;
}

}  // namespace

bool has_go_code(const binary::ElfFile& elf) {
  // The linker of C merges the tables of a plugin of Go 1.19 to 1.21 into .data.rel.ro; what tells is Go's note.
  if (!elf.go_build_id().empty()) return true;
  for (const char* section : {".gopclntab", ".data.rel.ro.gopclntab", ".go.buildinfo"})
    if (elf.find_section(section) != nullptr) return true;
  return elf.sections().empty() && (binary::find_build_info(elf) || binary::find_version_string(elf));
}

MadeBy made_by(const go::LoadedImage& image, const std::optional<go::GoVersion>& given) {
  MadeBy made;
  made.build_info = binary::find_build_info(*image.elf);
  const auto text = made.build_info ? made.build_info->version : binary::find_version_string(*image.elf);
  if (text) made.version = in_context([&] { return go::parse_version(*text); }, "{}", image.path);
  // A text without a patch, found by searching, can be a language version, which tools for Go code carry.
  const bool is_said = text && (made.build_info || made.version.patch >= 0 || !given);
  if (is_said) return made;
  if (!given)
    fail(
        ErrorCode::kUnsupported,
        "{} holds Go code, but nothing says of which Go release: no build information, no runtime.buildVersion; if you "
        "know it, say it with --go-release",
        image.path);
  made.version = *given;
  made.release_given = true;
  return made;
}

Program Program::open(const std::vector<FilePart>& parts, const std::string& exe_path, const OpenFile& open_file,
                      LossLedger& losses) {
  std::map<std::string, std::vector<FilePart>> by_path;
  std::vector<std::string> order{exe_path};
  for (const FilePart& part : parts) {
    if (by_path.find(part.path) == by_path.end() && part.path != exe_path) order.push_back(part.path);
    by_path[part.path].push_back(part);
  }
  Program program;
  std::string refusal;
  for (const std::string& path : order) {
    auto file = std::make_unique<File>();
    const FilePart first = by_path[path].empty() ? FilePart{{}, 0, path} : by_path[path].front();
    try {
      file->bytes = open_file(first);
      file->elf = std::make_unique<binary::ElfFile>(file->bytes.bytes);
    } catch (const Error& error) {
      if (path == exe_path) refusal = error.what();
      if (error.code() != ErrorCode::kUnsupported && path != exe_path)
        losses.add(LossKind::kUnopenedFile, first.range.begin);
      continue;
    }
    if (!has_go_code(*file->elf)) continue;
    const auto bias = bias_of(*file->elf, by_path[path]);
    if (!bias) {
      losses.add(LossKind::kUnplacedFile, first.range.begin);
      continue;
    }
    program.images_.push_back({file->elf.get(), *bias, path});
    program.files_.push_back(std::move(file));
  }
  if (program.images_.empty() && !refusal.empty()) fail(ErrorCode::kUnsupported, "{}", refusal);
  if (program.images_.empty())
    fail(ErrorCode::kUnsupported, "{} is no Go program: it has neither Go build information nor a Go function table",
         exe_path);
  program.symbol_images_ = program.images_;
  return program;
}

void Program::set_symbols(std::size_t image, FileBytes bytes, std::unique_ptr<binary::ElfFile> elf) {
  symbol_images_[image].elf = elf.get();
  symbol_files_.push_back(std::make_unique<File>(File{std::move(bytes), std::move(elf)}));
}

void Program::take(const std::vector<std::size_t>& rows, std::vector<heap::GoRuntime> runtimes,
                   const std::optional<go::GoVersion>& given) {
  std::vector<std::unique_ptr<File>> files;
  std::vector<go::LoadedImage> images;
  for (const std::size_t row : rows) {
    files.push_back(std::move(files_[row]));
    images.push_back(images_[row]);
  }
  files_ = std::move(files);
  images_ = std::move(images);
  symbol_images_ = images_;
  runtimes_ = std::move(runtimes);
  made_by_ = made_by(images_.front(), given);
  if (given && !made_by_.version.may_be(*given))
    fail(ErrorCode::kUsage, "--go-release {}: {} says itself that {} made it", given->text, images_.front().path,
         made_by_.version.text);
}

void Program::add_read_only(MemoryImage& image) const {
  for (std::size_t i = 0; i < images_.size(); ++i) {
    for (const auto& segment : images_[i].elf->loads()) {
      if (segment.writable()) continue;
      image.add(images_[i].at(segment.vaddr), images_[i].elf->segment_bytes(segment), files_[i]->bytes.owner);
    }
  }
}

std::vector<AddressRange> Program::writable() const {
  std::vector<AddressRange> ranges;
  for (const go::LoadedImage& image : images_) {
    for (const auto& segment : image.elf->loads()) {
      if (!segment.writable() || segment.memory_size == 0) continue;
      ranges.push_back({image.at(segment.vaddr), image.at(segment.vaddr) + segment.memory_size});
    }
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.begin < b.begin; });
  return ranges;
}

}  // namespace holdfast::capture
