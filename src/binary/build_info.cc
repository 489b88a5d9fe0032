#include "binary/build_info.h"

#include <algorithm>
#include <cstring>

namespace holdfast::binary {
namespace {

constexpr std::string_view kMagic = "\xff Go buildinf:";
constexpr std::uint64_t kHeaderSize = 32;
constexpr std::uint64_t kScanLimit = 1 << 20;      // bytes of each writable segment
constexpr std::uint64_t kLongestVersion = 1 << 8;  // "devel go1.N-<hash> <date> X:<experiments>" has about 100
constexpr std::uint8_t kBigEndian = 1, kInlineTexts = 2;

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Cuts the text before the first `separator` off `rest`; all of it if there is no separator.
std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return head;
}

// Accepts "go1.26", "go1.26.8", "go1.27rc1", "go1.25.1 X:a,b", "go1.26-X:a", "devel go1.28-0123abcd Mon ...".
bool is_version(std::string_view text) {
  if (text.size() > kLongestVersion) return false;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) return false;
  if (text.starts_with("devel ")) text.remove_prefix(6);
  if (!text.starts_with("go1.")) return false;
  text.remove_prefix(4);
  const auto digits = [&] {
    const auto count = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    text.remove_prefix(count);
    return count > 0 && count <= 3;
  };
  if (!digits()) return false;
  for (const std::string_view part : {".", "rc", "beta"}) {
    if (!text.starts_with(part)) continue;
    text.remove_prefix(part.size());
    if (!digits()) return false;
    break;
  }
  return text.empty() || text[0] == ' ' || text[0] == '-' || text[0] == '+';
}

// Reads the lines "mod\tPATH\tVERSION\t...", "dep\t..." and, of the module before it, "=>\t...".
void add_modules(std::string_view text, BuildInfo& info) {
  while (!text.empty()) {
    std::string_view rest = cut(text, '\n');
    const std::string_view word = cut(rest, '\t');
    const bool replaces = word == "=>" && !info.modules.empty();
    if (word != "mod" && word != "dep" && !replaces) continue;
    BuildModule module;
    module.path = cut(rest, '\t');
    module.version = cut(rest, '\t');
    if (word == "mod") info.main_module = module.path;
    if (replaces)
      info.modules.back() = std::move(module);
    else
      info.modules.push_back(std::move(module));
  }
}

// Returns the module text without the 16-byte marks around it; empty if they are not there.
std::string_view without_marks(std::string_view text) {
  constexpr std::string_view kBegin = "\x30\x77\xaf\x0c", kEnd = "\xf9\x32\x43\x31";
  if (text.size() < 32 || !text.starts_with(kBegin) || !text.substr(text.size() - 16).starts_with(kEnd)) return {};
  return text.substr(16, text.size() - 32);
}

// Returns the text of the Go string header {data, length} at `at`, as the file has it.
std::optional<std::string_view> string_at(const ElfFile& elf, Address at) {
  const auto header = elf.try_bytes(at, 16);
  if (!header) return std::nullopt;
  const auto text =
      elf.try_bytes(Address(load_le<std::uint64_t>(header->data())), load_le<std::uint64_t>(header->data() + 8));
  if (!text) return std::nullopt;
  return as_text(*text);
}

// `blob` must begin with the magic.
std::optional<BuildInfo> parse_blob(const ElfFile& elf, std::span<const std::byte> blob) {
  const ByteView view(blob, "Go build info");
  if (!view.has(0, kHeaderSize)) return std::nullopt;
  const auto pointer_size = view.integer<std::uint8_t>(14);
  const auto flags = view.integer<std::uint8_t>(15);
  std::optional<std::string_view> version, modules;
  if ((flags & kInlineTexts) != 0) {
    try {
      Cursor cursor(view, kHeaderSize);
      version = as_text(cursor.bytes(cursor.uleb()));
      modules = as_text(cursor.bytes(cursor.uleb()));
    } catch (const Error&) {  // cut or damaged: what was read so far counts
    }
  } else if (pointer_size == 8 && (flags & kBigEndian) == 0) {
    version = string_at(elf, Address(view.integer<std::uint64_t>(16)));
    modules = string_at(elf, Address(view.integer<std::uint64_t>(24)));
  }
  if (!version || !is_version(*version)) return std::nullopt;
  BuildInfo info;
  info.version = *version;
  if (modules) add_modules(without_marks(*modules), info);
  return info;
}

std::optional<BuildInfo> find_in(const ElfFile& elf, std::span<const std::byte> bytes) {
  for (std::size_t at = 0; at + kHeaderSize <= bytes.size() && at < kScanLimit; at += 16) {
    if (std::memcmp(bytes.data() + at, kMagic.data(), kMagic.size()) != 0) continue;
    if (auto info = parse_blob(elf, bytes.subspan(at))) return info;
  }
  return std::nullopt;
}

bool has_patch(std::string_view version) {
  return std::count(version.begin(), version.end(), '.') >= 2;
}

// Returns the addresses of texts in read-only memory that could be the start of a version, ascending.
std::vector<Address> version_candidates(const ElfFile& elf) {
  std::vector<Address> out;
  for (const ElfSegment& segment : elf.loads()) {
    if (segment.writable()) continue;
    const std::string_view text = as_text(elf.segment_bytes(segment));
    for (std::size_t at = text.find("go1."); at != std::string_view::npos; at = text.find("go1.", at + 4)) {
      if (at + 4 >= text.size() || !is_digit(text[at + 4])) continue;
      if (text.substr(0, at).ends_with("devel ")) out.push_back(segment.vaddr + (at - 6));
      out.push_back(segment.vaddr + at);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Collects the versions that string headers in writable memory name.
class VersionVotes {
 public:
  explicit VersionVotes(const ElfFile& elf) : elf_(elf), candidates_(version_candidates(elf)) {}

  // A header may lie at `at`, with `data` as its first word.
  void consider(Address at, Address data) {
    if (!std::binary_search(candidates_.begin(), candidates_.end(), data)) return;
    const auto length = elf_.try_bytes(at + 8, 8);
    if (!length) return;
    const auto text = elf_.try_bytes(data, load_le<std::uint64_t>(length->data()));
    if (!text || !is_version(as_text(*text))) return;
    if (std::find(found_.begin(), found_.end(), as_text(*text)) == found_.end()) found_.push_back(as_text(*text));
  }
  bool any_candidate() const { return !candidates_.empty(); }

  // Tools for Go code also carry language versions ("go1.21"), so a release with a patch number outweighs them.
  std::optional<std::string> winner() const {
    std::vector<std::string_view> left = found_;
    if (left.size() > 1) std::erase_if(left, [](std::string_view v) { return !has_patch(v); });
    if (left.size() != 1) return std::nullopt;
    return std::string(left[0]);
  }

 private:
  const ElfFile& elf_;
  std::vector<Address> candidates_;
  std::vector<std::string_view> found_;
};

}  // namespace

std::optional<BuildInfo> find_build_info(const ElfFile& elf) {
  if (const ElfSection* section = elf.find_section(".go.buildinfo"))
    if (const auto bytes = elf.try_bytes(section->addr, section->size))
      if (auto info = find_in(elf, *bytes)) return info;
  for (const ElfSegment& segment : elf.loads()) {
    if (!segment.writable()) continue;
    if (auto info = find_in(elf, elf.segment_bytes(segment))) return info;
  }
  return std::nullopt;
}

std::optional<std::string> find_version_string(const ElfFile& elf) {
  const auto relocations = elf.relative_relocations();
  if (const ElfSymbol* symbol = elf.find_symbol("runtime.buildVersion")) {
    // In a position-independent program the word is 0, and a relocation has its value.
    const auto header = elf.try_bytes(symbol->value, 16);
    const auto relocation = std::find_if(relocations.begin(), relocations.end(),
                                         [&](const RelativeRelocation& r) { return r.where == symbol->value; });
    if (header) {
      const Address data =
          relocation == relocations.end() ? Address(load_le<std::uint64_t>(header->data())) : relocation->value;
      const auto text = elf.try_bytes(data, load_le<std::uint64_t>(header->data() + 8));
      if (text && is_version(as_text(*text))) return std::string(as_text(*text));
    }
  }
  VersionVotes votes(elf);
  if (!votes.any_candidate()) return std::nullopt;
  for (const ElfSegment& segment : elf.loads()) {
    if (!segment.writable()) continue;
    const auto bytes = elf.segment_bytes(segment);
    for (std::size_t at = 0; at + 16 <= bytes.size(); at += 8)
      votes.consider(segment.vaddr + at, Address(load_le<std::uint64_t>(bytes.data() + at)));
  }
  for (const RelativeRelocation& relocation : relocations) votes.consider(relocation.where, relocation.value);
  return votes.winner();
}

}  // namespace holdfast::binary
