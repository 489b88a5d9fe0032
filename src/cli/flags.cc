#include "cli/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <vector>

#include "base/error.h"
#include "os/file_mapping.h"
#include "view/object_list.h"
#include "view/table_query.h"

namespace holdfast::cli {
namespace {

std::uint32_t number_of(const std::string& text) {
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || text.size() > 9)
    fail(ErrorCode::kUsage, "\"{}\" is not a number from 0 to 999999999", text);
  return value;
}

std::uint64_t goid_of(const std::string& text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size())
    fail(ErrorCode::kUsage, "\"{}\" is not the number of a goroutine", text);
  return value;
}

// Since 1970 UTC, in ns.
std::uint64_t moment_of(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::size_t kMostDigits = 9;
  constexpr std::time_t kLast = 9'000'000'000;  // seconds that fit as ns
  std::tm parts{};
  const char* const behind = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string rest = behind != nullptr ? behind : "";
  std::string fraction;
  if (rest.starts_with('.')) {
    fraction = rest.substr(1, std::min(rest.find_first_not_of(kDigits, 1), rest.size()) - 1);
    rest.erase(0, fraction.size() + 1);
  }
  const std::time_t seconds = behind != nullptr ? timegm(&parts) : -1;
  if (rest != "Z" || fraction.size() > kMostDigits || seconds < 0 || seconds > kLast)
    fail(ErrorCode::kUsage, "\"{}\" is no moment like 2026-11-30T12:00:00Z or 2026-11-30T12:00:00.25Z", text);
  fraction.resize(kMostDigits, '0');
  return static_cast<std::uint64_t>(seconds) * 1'000'000'000 + std::stoull(fraction);
}

Color color_of(const std::string& text) {
  return text == "always" ? Color::kAlways : text == "never" ? Color::kNever : Color::kAuto;
}

std::uint64_t timeout_of(const std::string& text) {
  constexpr std::uint64_t kDay = 86'400'000'000'000;
  const std::uint64_t time = view::parse_time(text);
  if (time == 0 || time > kDay) fail(ErrorCode::kUsage, "\"{}\" is not between 1ns and 24h", text);
  return time;
}

// The first line of a file.
std::string secret_in(const std::string& path) {
  const std::shared_ptr<const os::FileMapping> file = os::map_file(path);
  const std::span<const std::byte> bytes = file->bytes().span();
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string line(all.substr(0, all.find_first_of("\r\n")));
  if (line.empty()) fail(ErrorCode::kUsage, "the first line of {} is empty", path);
  return line;
}

constexpr std::uint64_t kLeastWatch = 2'000'000'000;  // ns

constexpr Flag kTarget[] = {
    {.name = "--exe",
     .value = "FILE",
     .help = "the program of a core file [where the core says]",
     .set = [](Options& o, const std::string& v) { o.exe = v; },
     .is_file = true,
     .goes_with = GoesWith::kCore},
    {.name = "--image",
     .value = "FILE",
     .help = "of several Go runtimes in one process, the one in this file [with the largest heap]",
     .set = [](Options& o, const std::string& v) { o.image = v; },
     .is_file = true,
     .goes_with = GoesWith::kProcessAndCore},
    {.name = "--go-release",
     .value = "RELEASE",
     .help = "which Go made a program that does not say it, as garbled ones: 1.N or 1.N.PATCH",
     .set = [](Options& o, const std::string& v) { o.go_release = v; },
     .goes_with = GoesWith::kProcessAndCore},
    {.name = "--symbols",
     .value = "PATH",
     .help = "an unstripped twin, a file of debug information, or a folder of such",
     .set = [](Options& o, const std::string& v) { o.symbols = v; },
     .is_file = true,
     .goes_with = GoesWith::kProcessAndCore},
    {.name = "--threads",
     .value = "N",
     .help = "how many threads to work with [all processors]",
     .set = [](Options& o, const std::string& v) { o.threads = number_of(v); }},
    {.name = "--no-dwarf",
     .help = "leave debug information alone",
     .set = [](Options& o, const std::string&) { o.use_dwarf = false; },
     .goes_with = GoesWith::kProcessAndCore},
    {.name = "--no-symbols",
     .help = "leave the symbol table alone",
     .set = [](Options& o, const std::string&) { o.use_symbols = false; },
     .goes_with = GoesWith::kProcessAndCore},
    {.name = "--no-cache",
     .help = "read the machine code anew, and keep nothing of it",
     .set = [](Options& o, const std::string&) { o.use_cache = false; },
     .goes_with = GoesWith::kProcessAndCore},
    {.name = "--dry-run",
     .help = "only say how long a live target would be held still, and the memory needed",
     .set = [](Options& o, const std::string&) { o.dry_run = true; },
     .goes_with = GoesWith::kProcess},
    {.name = "--force",
     .help = "go on with too little memory, though the target may be killed for it",
     .set = [](Options& o, const std::string&) { o.force = true; },
     .goes_with = GoesWith::kProcess},
};

constexpr Flag kRules[] = {
    {.name = "--rules",
     .value = "FILE",
     .help = "owner rules beside the built-in ones (docs/owner-rules.md): what is worth naming, what to look through",
     .set = [](Options& o, const std::string& v) { o.rules.push_back(v); },
     .repeats = true,
     .is_file = true},
};

constexpr Flag kJson[] = {
    {"--json", nullptr, "exact numbers as JSON instead of text", [](Options& o, const std::string&) { o.json = true; }},
};

constexpr Flag kTable[] = {
    {"--top", "N", "how many rows, 0 for all [30]",
     [](Options& o, const std::string& v) { o.table.top = number_of(v); }},
    {"--sort", "COLUMN", "column to sort by; -COLUMN turns the order round",
     [](Options& o, const std::string& v) { o.table.sort = v; }},
    {"--filter", "TEST", "TEXT in any column, or COLUMN, one of = != < <= > >= ~ !~ and a value; all must hold",
     [](Options& o, const std::string& v) { o.table.filters.push_back(v); }, nullptr, true},
    {"--columns", "COLUMN,...", "what to show, with commas between",
     [](Options& o, const std::string& v) { o.table.columns = v; }},
};

constexpr Flag kFindings[] = {
    {.name = "--since",
     .value = "EARLIER",
     .help = "an earlier look at the program, as a .hold file or core: what has grown since then ranks first",
     .set = [](Options& o, const std::string& v) { o.later = {v}; },
     .is_file = true},
    {.name = "--values",
     .help = "read what strings contain, too, to find many copies of one text; holds a process still for longer",
     .set = [](Options& o, const std::string&) { o.values = true; },
     .goes_with = GoesWith::kProcessAndCore},
};

constexpr Flag kPage[] = {
    {.name = "--html",
     .value = "FILE",
     .help = "write the report to this file as a page that needs no server: findings, owners, types and goroutines, to "
             "click through; at most 3 MB; - is standard output",
     .set = [](Options& o, const std::string& v) { o.html = v; },
     .is_file = true},
};

constexpr Flag kReport[] = {
    {"--top", "N", "how many rows of each list, 0 for all [10, places of goroutines 5]",
     [](Options& o, const std::string& v) { o.top = number_of(v); }},
};

constexpr Flag kWhy[] = {
    {"--top", "N", "how many independent holders, and branches where the ways to many part; 0 for all [8 and 5]",
     [](Options& o, const std::string& v) { o.top = number_of(v); }},
};

constexpr Flag kTypes[] = {
    {"--list", "TYPE",
     "the objects of this type, or of func:NAME or alloc:FILE:LINE, by retained, own, objects, address, type, owner",
     [](Options& o, const std::string& v) { o.subject = view::parse_listed(v); }},
};

constexpr Flag kOwners[] = {
    {"--under", "WHAT", "what only this keeps alive, as a tree: WHAT as `why` takes it",
     [](Options& o, const std::string& v) { o.subject = view::parse_subject(v); }},
    {"--depth", "N", "with --under: how many levels [4]",
     [](Options& o, const std::string& v) { o.under.depth = number_of(v); }},
    {"--branches", "N", "with --under: how many sorts of each level [6]",
     [](Options& o, const std::string& v) { o.under.branches = number_of(v); }},
    {.name = "--every",
     .value = "TIME",
     .help = "look again and again, so long after each look, and say what has grown and shrunk: 5s, 500ms, 2m",
     .set =
         [](Options& o, const std::string& v) {
           o.every_ns = view::parse_time(v);
           if (o.every_ns == 0) fail(ErrorCode::kUsage, "without a pause between looks the process gets no further");
         },
     .goes_with = GoesWith::kProcess},
    {.name = "--looks",
     .value = "N",
     .help = "with --every: how often [until Ctrl-C]",
     .set = [](Options& o, const std::string& v) { o.looks = number_of(v); },
     .goes_with = GoesWith::kProcess},
};

constexpr Flag kCut[] = {
    {"--drop", "REFERENCE",
     "what goes: 0xADDRESS, 0xADDRESS.field, 0xADDRESS->0xADDRESS, entries:0xADDRESS, or all that `why` takes; repeats",
     [](Options& o, const std::string& v) { o.drops.push_back(view::parse_drop(v)); }, nullptr, true},
    {"--free", "WHAT", "instead: the fewest references that have to go so that this object is free",
     [](Options& o, const std::string& v) { o.subject = view::parse_subject(v); }},
    {"--top", "N", "how many rows of each list, 0 for all [10]",
     [](Options& o, const std::string& v) { o.top = number_of(v); }},
};

constexpr Flag kText[] = {
    {"--wide", nullptr, "never fold lines [on a terminal they are folded to its width, in a pipe never]",
     [](Options& o, const std::string&) { o.wide = true; }},
    {"--color", "WHEN", "whether headings and verdicts are bold: auto, always or never [auto: on a terminal]",
     [](Options& o, const std::string& v) { o.color = color_of(v); }, "auto always never"},
};

constexpr Flag kAudit[] = {
    {"--strict", nullptr, "exit with 3 unless the audit is clean",
     [](Options& o, const std::string&) { o.strict = true; }},
    {.name = "--prove",
     .help = "look again after the next collection: it must have freed what nothing reached [150 s]",
     .set = [](Options& o, const std::string&) { o.prove = true; },
     .goes_with = GoesWith::kProcess},
};

constexpr Flag kOutput[] = {
    {"-o,--output", "FILE", "the file to write", [](Options& o, const std::string& v) { o.output = v; }, nullptr, false,
     true},
    {"--with-content", nullptr, "keep what objects and variables contain, too: user data; without it the file has none",
     [](Options& o, const std::string&) { o.with_content = true; }},
};

constexpr Flag kGoroutine[] = {
    {"--stacks", nullptr, "print the stack under each line", [](Options& o, const std::string&) { o.stacks = true; }},
    {"--each", nullptr, "a line for each goroutine, with goid and waits_on, not one for all at the same place",
     [](Options& o, const std::string&) { o.each = true; }},
    {"--goroutine", "ID", "only this one: what it waits for, who is at the other end, what each frame refers to",
     [](Options& o, const std::string& v) { o.goid = goid_of(v); }},
    {"--share", nullptr,
     "what is reachable from which goroutines: from one alone, from a group, from several, from others; with --each "
     "or --goroutine single ones of a group are told apart",
     [](Options& o, const std::string&) { o.share = true; }},
};

constexpr Flag kSpans[] = {
    {"--classes", nullptr, "a line for each size class: in use, allocated, fragmentation",
     [](Options& o, const std::string&) { o.classes = true; }},
    {"--span", "ADDRESS", "only the span that this lies in: its slots, who has it, why it is not given back",
     [](Options& o, const std::string& v) { o.address = address_of(v); }},
};

constexpr Flag kDangling[] = {
    {"--object", "ADDRESS", "only words that are an address in this slot, and what is known of the slot",
     [](Options& o, const std::string& v) { o.address = address_of(v); }},
    {"--crash", "FILE", "the same of each address that the messages of a crash name, as Go printed them into this file",
     [](Options& o, const std::string& v) { o.crash = v; }},
};

constexpr Flag kSlices[] = {
    {"--places", nullptr,
     "a line for each field or variable that has slices or strings, with the sums of their objects",
     [](Options& o, const std::string&) { o.places = true; }},
    {"--object", "ADDRESS", "only what refers to this object, each slice and string of it",
     [](Options& o, const std::string& v) { o.address = address_of(v); }},
    {"--all", nullptr,
     "a line for each slice and string of a frame or a package variable, and for each field of objects that has some",
     [](Options& o, const std::string&) { o.all_headers = true; }},
    {"--goroutine", "ID", "a line for each slice and string that stands in a frame of this goroutine",
     [](Options& o, const std::string& v) { o.goid = goid_of(v); }},
};

constexpr Flag kExport[] = {
    {.name = "--as",
     .value = "FORMAT",
     .help =
         "pprof (for go tool pprof), heap-text (what /debug/pprof/heap?debug=1 shows), speedscope, heapsnapshot (for "
         "Chromium's DevTools), hprof (for VisualVM and Eclipse MAT), json-lines, dot (for graphviz), svg [as FILE "
         "ends, or pprof]",
     .set = [](Options& o, const std::string& v) { o.as = v; },
     .choices = "pprof heap-text speedscope heapsnapshot hprof json-lines dot svg"},
    {.name = "--of",
     .value = "WHAT",
     .help =
         "allocations (the runtime's memory profile), paths (live bytes by shortest ways from the roots), dominators "
         "(live bytes by what keeps them alive), objects; of a picture path (shortest ways), component (a circle of "
         "references), neighbourhood (two steps around) [the first of these that FORMAT can have]",
     .set = [](Options& o, const std::string& v) { o.of = v; },
     .choices = "allocations paths dominators objects path component neighbourhood"},
    {.name = "--nodes",
     .value = "N",
     .help =
         "how many nodes before the rest is folded: of objects in a heapsnapshot [1000000], boxes in a picture [200]",
     .set = [](Options& o, const std::string& v) { o.nodes = number_of(v); }},
    {.name = "-o,--output",
     .value = "FILE",
     .help = "the file to write; - is standard output",
     .set = [](Options& o, const std::string& v) { o.output = v; },
     .is_file = true},
};

constexpr Flag kQuery[] = {
    {"--format", "FORMAT", "table, csv, json, or parquet, which needs -o [table]",
     [](Options& o, const std::string& v) { o.format = v; }, "table csv json parquet"},
    {.name = "-o,--output",
     .value = "FILE",
     .help = "write the answer to this file, which appears when it is complete; - is standard output",
     .set = [](Options& o, const std::string& v) { o.output = v; },
     .is_file = true},
};

constexpr Flag kProfile[] = {
    {"--by", "WHAT", "what is one place: function, line, file or address [function; of ladder line]",
     [](Options& o, const std::string& v) { o.by = v; }, "function line file address"},
    {"--type", "TYPE",
     "the sample type that counts, as inuse_space or alloc_objects [what the profile says, or its last]",
     [](Options& o, const std::string& v) { o.sample_type = v; }},
    {"--focus", "REGEX", "only stacks with a call whose function, file or program matches, as pprof has it",
     [](Options& o, const std::string& v) { o.stacks_query.focus = v; }},
    {"--ignore", "REGEX", "no stacks with such a call",
     [](Options& o, const std::string& v) { o.stacks_query.ignore = v; }},
    {"--show", "REGEX", "of stacks only calls that match",
     [](Options& o, const std::string& v) { o.stacks_query.show = v; }},
    {"--hide", "REGEX", "of stacks no calls that match",
     [](Options& o, const std::string& v) { o.stacks_query.hide = v; }},
    {"--show-from", "REGEX", "of stacks what the outermost call that matches leads to",
     [](Options& o, const std::string& v) { o.stacks_query.show_from = v; }},
    {"--tagfocus", "TAG", "only samples with such a label: REGEX, KEY=REGEX, 64kb, 64kb:, :1mb, KEY=32kb:1mb",
     [](Options& o, const std::string& v) { o.stacks_query.tag_focus = v; }},
    {"--tagignore", "TAG", "no samples with such a label",
     [](Options& o, const std::string& v) { o.stacks_query.tag_ignore = v; }},
    {.name = "--source-root",
     .value = "FOLDER",
     .help = "of list: where sources are that are not where they were compiled [the working folder]",
     .set = [](Options& o, const std::string& v) { o.source_roots.push_back(v); },
     .repeats = true,
     .is_file = true},
    {"--as", "FORMAT", "with -o: pprof, speedscope, or flame, a flame graph in one SVG file [as FILE ends]",
     [](Options& o, const std::string& v) { o.as = v; }, "pprof speedscope flame"},
    {.name = "-o,--output",
     .value = "FILE",
     .help = "of top and diff: write the stacks to this file instead; - is standard output",
     .set = [](Options& o, const std::string& v) { o.output = v; },
     .is_file = true},
};

constexpr Flag kWeb[] = {
    {.name = "--port",
     .value = "N",
     .help = "the port to listen at; without it any that is free",
     .set =
         [](Options& o, const std::string& v) {
           const std::uint32_t port = number_of(v);
           if (port > 65535) fail(ErrorCode::kUsage, "\"{}\" is no port: they go up to 65535", v);
           o.port = static_cast<std::uint16_t>(port);
         }},
    {.name = "--listen",
     .value = "ADDRESS",
     .help = "the address of this machine to listen at, instead of 127.0.0.1, which only this machine reaches: "
             "whoever has the link sees what the page shows, and it is not encrypted",
     .set = [](Options& o, const std::string& v) { o.listen = v; }},
    {.name = "--name",
     .value = "HOST",
     .help = "a name that browsers may call this machine by, as where a tunnel leads to it; may be repeated, and the "
             "first is the one in the link",
     .set = [](Options& o, const std::string& v) { o.host_names.push_back(v); },
     .repeats = true},
    {.name = "--values",
     .help =
         "read what objects contain, too: the page shows texts, numbers and map keys; holds a process still for longer",
     .set = [](Options& o, const std::string&) { o.values = true; },
     .goes_with = GoesWith::kProcessAndCore},
};

constexpr Flag kStats[] = {
    {.name = "--every",
     .value = "TIME",
     .help = "look again and again, so long after each look, and say what grows: 500ms, 2s, 1m; at least 100ms",
     .set =
         [](Options& o, const std::string& v) {
           o.every_ns = view::parse_time(v);
           if (o.every_ns == 0) fail(ErrorCode::kUsage, "without a pause between looks they show nothing new");
         },
     .goes_with = GoesWith::kProcess},
    {.name = "--looks",
     .value = "N",
     .help = "with --every: how often [until Ctrl-C]",
     .set = [](Options& o, const std::string& v) { o.looks = number_of(v); },
     .goes_with = GoesWith::kProcess},
    {"--format", "FORMAT", "text, csv, json (a line for each look of --every), or prometheus [text]",
     [](Options& o, const std::string& v) { o.format = v; }, "text csv json prometheus"},
    {"--counters", "NAME,...", "which ones, with commas between [all; of a text with --every the main ones]",
     [](Options& o, const std::string& v) { o.columns = v; }},
    {"--explain", nullptr, "say what each counter means instead",
     [](Options& o, const std::string&) { o.explain = true; }},
    {.name = "-o,--output",
     .value = "FILE",
     .help = "with --format prometheus: write each look to this file, whole, for a collector of text files",
     .set = [](Options& o, const std::string& v) { o.output = v; },
     .is_file = true},
};

constexpr Flag kVerdict[] = {
    {.name = "--watch",
     .value = "TIME",
     .help = "look at its counters for so long first, without a stop, to see what grows: 30s, 5m; at least 2s",
     .set =
         [](Options& o, const std::string& v) {
           o.watch_ns = view::parse_time(v);
           if (o.watch_ns < kLeastWatch) fail(ErrorCode::kUsage, "in less than 2 s nothing shows whether it grows");
         },
     .goes_with = GoesWith::kProcess},
    {.name = "--since",
     .value = "EARLIER",
     .help = "an earlier look at the program, as a .hold file or core: only with one it is known what grows",
     .set = [](Options& o, const std::string& v) { o.later = {v}; },
     .is_file = true},
    {.name = "--profile",
     .value = "FILE",
     .help = "a heap profile of the program from elsewhere, a file or URL, to be put beside what lives; several are a "
             "series",
     .set = [](Options& o, const std::string& v) { o.profiles.push_back(v); },
     .repeats = true,
     .is_file = true},
    {.name = "--escape",
     .value = "PATH",
     .help = "what the compiler said when it built the program: what -m=2 printed, or the folder of -json (see escape)",
     .set = [](Options& o, const std::string& v) { o.escape = v; },
     .is_file = true},
    {.name = "--gctrace",
     .value = "FILE",
     .help = "what the program printed with GODEBUG=gctrace=1, or MemStats in a series: whether what lives grows",
     .set = [](Options& o, const std::string& v) { o.collector = v; },
     .is_file = true},
    {.name = "--dump",
     .value = "FILE",
     .help = "a dump of its goroutines, or what it printed at its end: how many there were, and where",
     .set = [](Options& o, const std::string& v) { o.dump = v; },
     .is_file = true},
};

constexpr Flag kSource[] = {
    {.name = "--user-file",
     .value = "FILE",
     .help = "for URLs: the first line of this file is NAME:PASSWORD, so that ps does not show it",
     .set = [](Options& o, const std::string& v) { o.http.user_password = secret_in(v); },
     .is_file = true},
    {.name = "--bearer-file",
     .value = "FILE",
     .help = "for URLs: the first line of this file is a token [the variable HOLDFAST_BEARER]",
     .set = [](Options& o, const std::string& v) { o.http.bearer = secret_in(v); },
     .is_file = true},
    {.name = "--ca-file",
     .value = "FILE",
     .help = "for URLs: who may vouch for a host, as PEM [CURL_CA_BUNDLE, SSL_CERT_FILE, those the system trusts]",
     .set = [](Options& o, const std::string& v) { o.http.ca_file = v; },
     .is_file = true},
    {"--insecure", nullptr, "for URLs: believe any certificate",
     [](Options& o, const std::string&) { o.http.insecure = true; }},
    {"--timeout", "TIME", "for URLs: how long an answer may take, beside what seconds= in the URL asks for [2m]",
     [](Options& o, const std::string& v) { o.http.timeout_ns = timeout_of(v); }},
    {"--most", "SIZE", "for URLs: how long an answer may be [1GiB]",
     [](Options& o, const std::string& v) { o.http.most_bytes = view::parse_size(v); }},
};

constexpr Flag kDump[] = {
    {"--each", nullptr, "a line for each goroutine, not one for all with the same stack and status",
     [](Options& o, const std::string&) { o.each = true; }},
    {"--labels", nullptr, "show the values of labels, too: they may be secrets [only their keys]",
     [](Options& o, const std::string&) { o.labels = true; }},
    {"--clean", nullptr,
     "write the goroutines as other parsers of dumps read them instead: without labels, pointers and lines of others",
     [](Options& o, const std::string&) { o.clean = true; }},
    {.name = "-o,--output",
     .value = "FILE",
     .help = "the file that --clean writes; - is standard output [-]",
     .set = [](Options& o, const std::string& v) { o.output = v; },
     .is_file = true},
};

constexpr Flag kGc[] = {
    {"--as", "FORMAT", "instead of text a picture: svg", [](Options& o, const std::string& v) { o.as = v; }, "svg"},
    {.name = "-o,--output",
     .value = "FILE",
     .help = "the picture to write; - is standard output",
     .set = [](Options& o, const std::string& v) { o.output = v; },
     .is_file = true},
    {.name = "--with",
     .value = "TAKEN",
     .help = "mark when this was taken of the process, and say what the collector did in between: a heap profile (file "
             "or URL), a .hold file, a core, or the pid of the process itself",
     .set = [](Options& o, const std::string& v) { o.profiles.push_back(v); },
     .repeats = true,
     .is_file = true},
    {"--start", "TIME",
     "when the process began, as 2026-11-30T12:00:00.5Z: for profiles, which have only a time of day",
     [](Options& o, const std::string& v) { o.started = moment_of(v); }},
};

constexpr Flag kEscape[] = {
    {.name = "--binary",
     .value = "FILE",
     .help = "judge each decision by the machine code of this program [of what was built]",
     .set = [](Options& o, const std::string& v) { o.binary = v; },
     .is_file = true},
    {.name = "--with",
     .value = "WHAT",
     .help = "weigh each by what was allocated there: a heap profile, or a pid, name, core or .hold file",
     .set =
         [](Options& o, const std::string& v) {
           o.target = v;
           o.is_weighed = true;
         },
     .is_file = true},
    {"--flow", nullptr, "below each row, how the value gets to the heap, and what usually helps",
     [](Options& o, const std::string&) { o.flow = true; }},
    {"--all", nullptr, "all that the compiler says of memory and inlining [what is on the heap, or may be]",
     [](Options& o, const std::string&) { o.all = true; }},
    {"--source", "FILE|FUNCTION", "only what is in this file or function",
     [](Options& o, const std::string& v) { o.of_source = v; }},
    {"--as", "FORM",
     "table; source, the code with the decisions beside it; html, the same as a page; sarif or lsp, for editors "
     "[table]",
     [](Options& o, const std::string& v) { o.as = v; }, "table source html sarif lsp"},
};

constexpr Flag kShow[] = {
    {"--type", "TYPE", "read the memory at ADDRESS as this type, by its full name [as what it is]",
     [](Options& o, const std::string& v) { o.show.type = v; }},
    {"--depth", "N", "how many pointers to follow from the object's value [2]",
     [](Options& o, const std::string& v) { o.show.depth = number_of(v); }},
    {"--by", "ORDER", "order of fields, elements and entries: place, or retained, what each alone keeps alive [place]",
     [](Options& o, const std::string& v) { o.show.by_retained = v == "retained"; }, "place retained"},
    {"--top", "N", "how many rows of each list and elements of each value, 0 for all [10]",
     [](Options& o, const std::string& v) { o.show.top = number_of(v); }},
    {"--offset", "N", "leave out the first N elements, entries or bytes of the value's list or text [0]",
     [](Options& o, const std::string& v) { o.show.offset = number_of(v); }},
    {.name = "--values",
     .help = "read all values even if that holds the process still for more than 100 ms [then those near the object]",
     .set = [](Options& o, const std::string&) { o.values = true; },
     .goes_with = GoesWith::kProcess},
    {"--raw", nullptr, "the bytes of the object in hex, too",
     [](Options& o, const std::string&) { o.show.raw = true; }},
    {"--as", "DEBUGGER", "only print the commands that show the same object in a debugger: dlv or gdb",
     [](Options& o, const std::string& v) { o.debugger = v; }, "dlv gdb"},
};

constexpr Flag kDiff[] = {
    {"--top", "N", "how many rows of each list, 0 for all [10]",
     [](Options& o, const std::string& v) { o.top = number_of(v); }},
    {"--ops", "N", "how many operations there were between the first look and the last: says growth for each of them",
     [](Options& o, const std::string& v) {
       o.operations = number_of(v);
       if (o.operations == 0) fail(ErrorCode::kUsage, "growth cannot be shared among 0 operations");
     }},
};

constexpr Flag kFormat[] = {
    {"--format", "FORMAT",
     "text, man (roff, for man -l), markdown, query: the tables that queries have, or counters: those of stats [text]",
     [](Options& o, const std::string& v) { o.format = v; }, "text man markdown query counters"},
};

}  // namespace

std::span<const Flag> target_flags() {
  return kTarget;
}
std::span<const Flag> rules_flags() {
  return kRules;
}
std::span<const Flag> json_flags() {
  return kJson;
}
std::span<const Flag> table_flags() {
  return kTable;
}
std::span<const Flag> text_flags() {
  return kText;
}
std::span<const Flag> findings_flags() {
  return kFindings;
}
std::span<const Flag> page_flags() {
  return kPage;
}
std::span<const Flag> report_flags() {
  return kReport;
}
std::span<const Flag> why_flags() {
  return kWhy;
}
std::span<const Flag> types_flags() {
  return kTypes;
}
std::span<const Flag> owners_flags() {
  return kOwners;
}
std::span<const Flag> cut_flags() {
  return kCut;
}
std::span<const Flag> audit_flags() {
  return kAudit;
}
std::span<const Flag> output_flags() {
  return kOutput;
}
std::span<const Flag> goroutine_flags() {
  return kGoroutine;
}
std::span<const Flag> spans_flags() {
  return kSpans;
}
std::span<const Flag> dangling_flags() {
  return kDangling;
}
std::span<const Flag> slices_flags() {
  return kSlices;
}
std::span<const Flag> export_flags() {
  return kExport;
}
std::span<const Flag> query_flags() {
  return kQuery;
}
std::span<const Flag> profile_flags() {
  return kProfile;
}
std::span<const Flag> web_flags() {
  return kWeb;
}
std::span<const Flag> stats_flags() {
  return kStats;
}
std::span<const Flag> source_flags() {
  return kSource;
}
std::span<const Flag> dump_flags() {
  return kDump;
};

std::span<const Flag> escape_flags() {
  return kEscape;
}
std::span<const Flag> gc_flags() {
  return kGc;
}
std::span<const Flag> show_flags() {
  return kShow;
}
std::span<const Flag> verdict_flags() {
  return kVerdict;
}
std::span<const Flag> diff_flags() {
  return kDiff;
}
std::span<const Flag> format_flags() {
  return kFormat;
}

std::string_view long_name(const Flag& flag) {
  const std::string_view name = flag.name;
  return name.substr(name.find("--"));
}

Address address_of(const std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.starts_with("0x")) {
    const auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
    if (error == std::errc() && stop == end) return Address(value);
  }
  fail(ErrorCode::kUsage, "\"{}\" is not an address like 0xc000012340", text);
}

Address pasted_address(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789", kHex = "0123456789abcdefABCDEF";
  if (!text.empty() && text.find_first_not_of(kDigits) == std::string::npos) {
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) fail(ErrorCode::kUsage, "\"{}\" is larger than any address", text);
    return Address(value);
  }
  std::vector<std::string> found;
  for (std::size_t at = text.find("0x"); at != std::string::npos; at = text.find("0x", at + 2)) {
    const std::size_t end = std::min(text.find_first_not_of(kHex, at + 2), text.size());
    const std::string word = text.substr(at, end - at);
    if (end > at + 2 && std::ranges::find(found, word) == found.end()) found.push_back(word);
  }
  if (found.size() == 1) return address_of(found.front());
  if (found.empty())
    fail(ErrorCode::kUsage, "there is no address in \"{}\": one looks like 0xc000012340, or (*main.T)(0xc000012340)",
         text);
  fail(ErrorCode::kUsage, "there are {} addresses in \"{}\": {} and {}; give one", found.size(), text, found[0],
       found[1]);
}

}  // namespace holdfast::cli
