#include "query/address_texts.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "query/table.h"

namespace holdfast::query {
namespace {

enum class TokenKind : std::uint8_t { kWord, kText, kNumber, kSign };

struct Token {
  TokenKind kind = TokenKind::kSign;
  std::size_t begin = 0;
  std::string_view text;  // of a quoted word without the quotes; of a text with them
};

bool is_word_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || (c & 0x80) != 0;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Splits SQL as SQLite does; blanks and comments are left out.
class Tokens {
 public:
  explicit Tokens(std::string_view sql) : sql_(sql) {
    while (at_ < sql.size()) add_next();
  }

  std::vector<Token> list;

 private:
  void add_next() {
    const char c = sql_[at_];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at_;
    } else if (sql_.substr(at_).starts_with("--")) {
      at_ = std::min(sql_.find('\n', at_), sql_.size());
    } else if (sql_.substr(at_).starts_with("/*")) {
      const std::size_t end = sql_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? sql_.size() : end + 2;
    } else if (c == '\'') {
      add(TokenKind::kText, end_of_quoted('\'') - at_);
    } else if (c == '"' || c == '`' || c == '[') {
      add(TokenKind::kWord, end_of_quoted(c == '[' ? ']' : c) - at_);
      std::string_view& text = list.back().text;
      text = text.substr(1, text.size() > 1 ? text.size() - 2 : 0);
    } else if ((c == 'x' || c == 'X') && at_ + 1 < sql_.size() && sql_[at_ + 1] == '\'') {
      ++at_;  // bytes, which are no text
      const std::size_t end = end_of_quoted('\'');
      --at_;
      add(TokenKind::kNumber, end - at_);
    } else if (is_word_part(c)) {
      std::size_t end = at_;
      while (end < sql_.size() && (is_word_part(sql_[end]) || (sql_[end] == '.' && is_digit(c)))) ++end;
      add(is_digit(c) ? TokenKind::kNumber : TokenKind::kWord, end - at_);
    } else {
      constexpr std::array<std::string_view, 5> kPairs = {"==", "<>", "!=", "<=", ">="};
      const bool is_pair = std::ranges::any_of(kPairs, [&](auto pair) { return sql_.substr(at_).starts_with(pair); });
      add(TokenKind::kSign, is_pair ? 2 : 1);
    }
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  // A quote that stands twice is a part of what is quoted.
  std::size_t end_of_quoted(char quote) const {
    for (std::size_t end = at_ + 1; end < sql_.size(); ++end) {
      if (sql_[end] != quote) continue;
      if (end + 1 == sql_.size() || sql_[end + 1] != quote || quote == ']') return end + 1;
      ++end;
    }
    return sql_.size();
  }

  void add(TokenKind kind, std::size_t size) {
    list.push_back({kind, at_, sql_.substr(at_, size)});
    at_ += size;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

enum class Place : std::uint8_t { kCompared, kArgument, kElsewhere };

// Looks at what is around a text.
class Surroundings {
 public:
  explicit Surroundings(const std::vector<Token>& tokens) : tokens_(tokens) {}

  Place of(std::size_t at) const {
    if (is_compared_before(at) || is_compared_behind(at) || is_bound(at)) return Place::kCompared;
    return in_list(at);
  }

 private:
  bool is_word(std::size_t at, std::string_view word) const {
    return at < tokens_.size() && tokens_[at].kind == TokenKind::kWord && same(tokens_[at].text, word);
  }
  bool is_sign(std::size_t at, std::string_view sign) const {
    return at < tokens_.size() && tokens_[at].kind == TokenKind::kSign && tokens_[at].text == sign;
  }
  bool is_comparison(std::size_t at) const {
    constexpr std::array<std::string_view, 8> kSigns = {"=", "==", "<>", "!=", "<", "<=", ">", ">="};
    return std::ranges::any_of(kSigns, [&](std::string_view sign) { return is_sign(at, sign); }) || is_word(at, "IS");
  }
  bool is_address_column(std::size_t at) const {
    if (at >= tokens_.size() || tokens_[at].kind != TokenKind::kWord) return false;
    return std::ranges::any_of(tables(), [&](const Table* table) {
      return std::ranges::any_of(table->columns, [&](const Column& column) {
        return column.kind == Kind::kAddress && same(column.name, tokens_[at].text);
      });
    });
  }
  // Whether the column stands before the word there, with or without a NOT between.
  bool column_before(std::size_t at) const {
    return at >= 1 && (is_address_column(at - 1) || (at >= 2 && is_word(at - 1, "NOT") && is_address_column(at - 2)));
  }

  // address = '0x1', address IS NOT '0x1'
  bool is_compared_before(std::size_t at) const {
    if (at >= 2 && is_comparison(at - 1) && is_address_column(at - 2)) return true;
    return at >= 3 && is_word(at - 1, "NOT") && is_word(at - 2, "IS") && is_address_column(at - 3);
  }
  // '0x1' = address, '0x1' = t.address
  bool is_compared_behind(std::size_t at) const {
    if (!is_comparison(at + 1)) return false;
    return is_sign(at + 3, ".") ? is_address_column(at + 4) : is_address_column(at + 2);
  }
  // address BETWEEN '0x1' AND '0x2'
  bool is_bound(std::size_t at) const {
    if (at >= 1 && is_word(at - 1, "BETWEEN")) return column_before(at - 1);
    if (at < 2 || !is_word(at - 1, "AND")) return false;
    const std::size_t before = back_to(at - 1, [&](std::size_t i) {
      return is_word(i, "BETWEEN") || is_word(i, "AND") || is_word(i, "OR") || is_word(i, "WHERE") || is_word(i, "ON");
    });
    return is_word(before, "BETWEEN") && column_before(before);
  }
  // address IN (5, '0x1', -1), address('0x1')
  Place in_list(std::size_t at) const {
    const std::size_t open = back_to(at, [](std::size_t) { return false; });
    if (open == kNowhere || open == 0) return Place::kElsewhere;
    const bool is_list = at == open + 1 || is_sign(at - 1, ",");
    const bool is_subquery = is_word(open + 1, "SELECT") || is_word(open + 1, "VALUES") || is_word(open + 1, "WITH");
    if (!is_list || is_subquery) return Place::kElsewhere;
    if (is_word(open - 1, "IN")) return column_before(open - 1) ? Place::kCompared : Place::kElsewhere;
    return is_word(open - 1, "address") || is_word(open - 1, "object_at") ? Place::kArgument : Place::kElsewhere;
  }
  // Returns the place before `at` that is wanted or the bracket that is open there, whichever is nearer; what is in
  // brackets of its own is passed over.
  template <typename IsWanted>
  std::size_t back_to(std::size_t at, const IsWanted& is_wanted) const {
    std::size_t closed = 0;
    while (at-- > 0) {
      if (closed == 0 && (is_sign(at, "(") || is_wanted(at))) return at;
      if (is_sign(at, ")")) ++closed;
      if (is_sign(at, "(")) --closed;
    }
    return kNowhere;
  }

  static constexpr std::size_t kNowhere = ~std::size_t{0};
  const std::vector<Token>& tokens_;
};

}  // namespace

std::optional<std::uint64_t> address_in(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (error != std::errc() || stop != end || text.size() == 2) return std::nullopt;
  return value;
}

AddressedSql with_addresses(std::string_view sql) {
  AddressedSql out{std::string(sql), std::nullopt};
  const std::vector<Token> tokens = Tokens(sql).list;
  const Surroundings surroundings(tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.kind != TokenKind::kText || token.text.size() < 2) continue;
    if (!address_in(token.text.substr(1, token.text.size() - 2))) continue;
    const Place place = surroundings.of(i);
    if (place == Place::kElsewhere) {
      out.refused = token.begin;
      return out;
    }
    if (place == Place::kCompared) out.sql[token.begin] = out.sql[token.begin + token.text.size() - 1] = ' ';
  }
  return out;
}

}  // namespace holdfast::query
