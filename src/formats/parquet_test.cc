#include "formats/parquet.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <cstring>
#include <limits>
#include <map>

#include "base/error.h"

namespace holdfast::formats {
namespace {

// Reads Thrift's compact protocol by its description, knowing nothing of Parquet: fields by number, numbers as
// integers, texts as they are, structures and lists as children.
struct Node {
  std::int64_t number = 0;
  std::string text;
  std::map<int, Node> fields;
  std::vector<Node> list;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Node structure() {
    Node node;
    for (int field = 0;;) {
      const int head = byte();
      if (head == 0) return node;
      field = head >> 4 != 0 ? field + (head >> 4) : static_cast<int>(number());
      node.fields[field] = value(head & 15);
    }
  }
  std::size_t at() const { return at_; }

 private:
  int byte() { return static_cast<unsigned char>(bytes_.at(at_++)); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto part = static_cast<std::uint64_t>(byte());
      value |= (part & 0x7f) << shift;
      if (part < 0x80) return value;
    }
  }
  std::int64_t number() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  Node value(int type) {
    Node node;
    if (type == 5 || type == 6) node.number = number();
    if (type == 8) {
      const std::size_t size = varint();
      node.text = bytes_.substr(at_, size);
      at_ += size;
    }
    if (type == 9) {
      const int head = byte();
      const std::uint64_t count = head >> 4 == 15 ? varint() : static_cast<std::uint64_t>(head >> 4);
      for (std::uint64_t i = 0; i < count; ++i) node.list.push_back(value(head & 15));
    }
    if (type == 12) node = structure();
    return node;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

template <typename Number>
Number read(std::string_view bytes) {
  Number number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// A column's chunk as texts: "-" for nothing.
std::vector<std::string> values_of(std::string_view file, const Node& about) {
  Reader reader(file.substr(static_cast<std::size_t>(about.fields.at(9).number)));
  Node header = reader.structure();
  std::string page(static_cast<std::size_t>(header.fields.at(2).number), '\0');
  const std::string_view packed = file.substr(static_cast<std::size_t>(about.fields.at(9).number) + reader.at(),
                                              static_cast<std::size_t>(header.fields.at(3).number));
  EXPECT_EQ(ZSTD_decompress(page.data(), page.size(), packed.data(), packed.size()), page.size());
  EXPECT_EQ(static_cast<std::int64_t>(reader.at() + packed.size()), about.fields.at(7).number);
  const std::uint32_t level_bytes = read<std::uint32_t>(page);
  std::string_view levels = std::string_view(page).substr(4, level_bytes);
  std::string_view rest = std::string_view(page).substr(4 + level_bytes);
  std::uint64_t run = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto part = static_cast<unsigned char>(levels.front());
    levels.remove_prefix(1);
    run |= std::uint64_t{part & 0x7fU} << shift;
    if (part < 0x80) break;
  }
  std::vector<std::string> values;
  for (std::int64_t row = 0; row < header.fields.at(5).fields.at(1).number; ++row) {
    const auto at = static_cast<std::size_t>(row);
    const bool has =
        (run & 1) != 0 ? (static_cast<unsigned char>(levels[at / 8]) >> (at % 8) & 1) != 0 : levels[0] != 0;
    if (!has) {
      values.emplace_back("-");
      continue;
    }
    std::size_t size = 8;
    if (about.fields.at(1).number == 2) values.push_back(fmt::format("{}", read<std::int64_t>(rest)));
    if (about.fields.at(1).number == 5) values.push_back(fmt::format("{:.17g}", read<double>(rest)));
    if (about.fields.at(1).number == 6) {
      size = 4 + read<std::uint32_t>(rest);
      values.emplace_back(rest.substr(4, size - 4));
    }
    rest.remove_prefix(size);
  }
  EXPECT_TRUE(rest.empty());
  return values;
}

struct File {
  Node footer;
  std::vector<std::vector<std::string>> columns;
  std::size_t groups = 0;

  std::int64_t type(std::size_t column) const { return footer.fields.at(2).list.at(column + 1).fields.at(1).number; }
  bool is_utf8(std::size_t column) const { return footer.fields.at(2).list.at(column + 1).fields.contains(10); }
};

File parse(const std::string& file) {
  EXPECT_EQ(file.substr(0, 4), "PAR1");
  EXPECT_EQ(file.substr(file.size() - 4), "PAR1");
  const auto size = read<std::uint32_t>(std::string_view(file).substr(file.size() - 8));
  File out;
  Reader reader(std::string_view(file).substr(file.size() - 8 - size, size));
  out.footer = reader.structure();
  EXPECT_EQ(reader.at(), size);
  out.groups = out.footer.fields.at(4).list.size();
  out.columns.resize(out.footer.fields.at(2).list.size() - 1);
  for (const Node& group : out.footer.fields.at(4).list)
    for (std::size_t c = 0; c < out.columns.size(); ++c) {
      const auto values = values_of(file, group.fields.at(1).list.at(c).fields.at(3));
      out.columns[c].insert(out.columns[c].end(), values.begin(), values.end());
    }
  EXPECT_EQ(static_cast<std::size_t>(out.footer.fields.at(3).number), out.groups == 0 ? 0 : out.columns[0].size());
  return out;
}

template <typename Fill>
File written(std::vector<ParquetColumn> columns, const Fill& fill) {
  std::string bytes;
  Stream out([&](std::string_view piece) { bytes += piece; });
  ParquetWriter writer(columns, out);
  fill(writer);
  writer.finish();
  out.flush();
  return parse(bytes);
}

template <typename Fill>
std::string refusal(const Fill& fill) {
  try {
    written({{.name = "x"}}, fill);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    return error.what();
  }
  return "nothing";
}

TEST(Parquet, HasEachKindOfValueAndWhatLacksOne) {
  const File file = written({{.name = "n"}, {.name = "r"}, {.name = "t"}, {.name = "b"}}, [](ParquetWriter& writer) {
    for (const std::int64_t number : {std::int64_t{-5}, std::numeric_limits<std::int64_t>::max()}) {
      writer.put(number);
      writer.put(0.5);
      writer.put(std::string_view("ü, \"x\""));
      writer.put_bytes(std::string_view("\0\xff", 2));
      for (int column = 0; column < 4; ++column) writer.put_nothing();
    }
    writer.put(std::numeric_limits<std::int64_t>::min());
    writer.put(-1e300);
    writer.put(std::string_view());
    writer.put_bytes({});
  });
  using Texts = std::vector<std::string>;
  EXPECT_EQ(file.columns[0], (Texts{"-5", "-", "9223372036854775807", "-", "-9223372036854775808"}));
  EXPECT_EQ(file.columns[1], (Texts{"0.5", "-", "0.5", "-", "-1.0000000000000001e+300"}));
  EXPECT_EQ(file.columns[2], (Texts{"ü, \"x\"", "-", "ü, \"x\"", "-", ""}));
  EXPECT_EQ(file.columns[3], (Texts{std::string("\0\xff", 2), "-", std::string("\0\xff", 2), "-", ""}));
  EXPECT_EQ(std::vector({file.type(0), file.type(1), file.type(2), file.type(3)}),
            (std::vector<std::int64_t>{2, 5, 6, 6}));
  EXPECT_EQ(std::vector({file.is_utf8(2), file.is_utf8(3)}), (std::vector{true, false}));
  EXPECT_EQ(file.footer.fields.at(2).list[1].fields.at(4).text, "n");
}

TEST(Parquet, SaysWhatColumnsWithoutValuesAre) {
  const std::vector<ParquetColumn> columns = {{.name = "n", .if_empty = ParquetKind::kWhole}, {.name = "t"}};
  const File none = written(columns, [](ParquetWriter&) {});
  EXPECT_EQ(std::pair(none.type(0), none.type(1)), std::pair(std::int64_t{2}, std::int64_t{6}));
  EXPECT_EQ(none.groups, 0);
  const File nulls = written(columns, [](ParquetWriter& writer) {
    for (int value = 0; value < 6; ++value) writer.put_nothing();
  });
  EXPECT_EQ(nulls.columns[1], (std::vector<std::string>{"-", "-", "-"}));
  EXPECT_TRUE(nulls.is_utf8(1));
}

TEST(Parquet, WritesGroupsOfRowsAndDecidesWhereAValueComesFirst) {
  constexpr std::int64_t kRows = 300'000;
  const File file = written({{.name = "n"}, {.name = "late"}}, [&](ParquetWriter& writer) {
    for (std::int64_t row = 0; row < kRows; ++row) {
      writer.put(row);
      row == kRows - 1 ? writer.put(2.5) : row == kRows - 2 ? writer.put(std::int64_t{7}) : writer.put_nothing();
    }
  });
  EXPECT_EQ(file.groups, 3);
  EXPECT_EQ(file.columns[0].size(), kRows);
  EXPECT_EQ(file.columns[0][200'000], "200000");
  EXPECT_EQ(file.columns[1][kRows - 3], "-");
  EXPECT_EQ(file.columns[1][kRows - 2], "7");
  EXPECT_EQ(file.columns[1][kRows - 1], "2.5");
}

TEST(Parquet, EndsAGroupWhenItsTextsAreMany) {
  const std::string text(1 << 20, 'x');
  const File file = written({{.name = "t"}}, [&](ParquetWriter& writer) {
    for (int row = 0; row < 130; ++row) writer.put(std::string_view(text));
  });
  EXPECT_EQ(file.groups, 3);
  EXPECT_EQ(file.columns[0], std::vector<std::string>(130, text));
}

TEST(Parquet, MakesRealNumbersOfWholeOnesWhereBothCome) {
  const File file = written({{.name = "x"}}, [](ParquetWriter& writer) {
    writer.put(std::int64_t{-3});
    writer.put_nothing();
    writer.put(0.25);
    writer.put(std::int64_t{1} << 53);
  });
  EXPECT_EQ(file.type(0), 5);
  EXPECT_EQ(file.columns[0], (std::vector<std::string>{"-3", "-", "0.25", "9007199254740992"}));
}

TEST(Parquet, RefusesAValueThatItsColumnCannotHave) {
  constexpr std::int64_t kTooFine = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(
      refusal([](ParquetWriter& writer) {
        writer.put(std::int64_t{1});
        writer.put(std::string_view("one"));
      }),
      "column x of row 2 is a text of 3 bytes, and rows before have whole numbers: a column of a Parquet file has "
      "values of one kind; write CAST(x AS TEXT), or AS REAL");
  EXPECT_NE(refusal([](ParquetWriter& writer) {
              writer.put(0.5);
              writer.put(kTooFine);
            }).find("row 2 is the number 9007199254740993, and rows before have real numbers"),
            std::string::npos);
  EXPECT_NE(refusal([](ParquetWriter& writer) {
              writer.put(kTooFine);
              writer.put(0.5);
            }).find("row 2 is the number 0.5, and rows before have whole numbers"),
            std::string::npos);
  EXPECT_NE(refusal([](ParquetWriter& writer) {
              for (std::int64_t row = 0; row < 200'000; ++row) writer.put(row);
              writer.put(0.5);
            }).find("column x of row 200,001 is the number 0.5"),
            std::string::npos);
  EXPECT_NE(refusal([](ParquetWriter& writer) {
              writer.put(std::string_view("one"));
              writer.put_bytes("1");
            }).find("row 2 is 1 byte and no text, and rows before have texts"),
            std::string::npos);
}

TEST(Parquet, ReplacesWhatIsNoUtf8InTexts) {
  const File file = written({{.name = "a\xff"}}, [](ParquetWriter& writer) { writer.put(std::string_view("x\xc3y")); });
  EXPECT_EQ(file.columns[0][0], "x\xef\xbf\xbdy");
  EXPECT_EQ(file.footer.fields.at(2).list[1].fields.at(4).text, "a\xef\xbf\xbd");
}

}  // namespace
}  // namespace holdfast::formats
