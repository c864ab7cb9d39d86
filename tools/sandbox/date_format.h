// Dates and times by Java-style patterns (contract 3.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::sandbox {

class DateFormat {
 public:
  // Letters known: y M d H h m s S a X Z x, text in single quotes, other punctuation as itself. Nothing for anything
  // else, for a date without year, month and day, and for a pattern with a time where only a date may be.
  static std::optional<DateFormat> parse(std::string_view pattern, bool with_time);

  // yyyy-MM-dd, or yyyy-MM-ddTHH:mm:ss with the offset (UTC unless the text says another). Nothing for text of another
  // shape or a day that does not exist.
  std::optional<std::string> normalize(std::string_view text) const;

 private:
  struct Token {
    char letter;  // 0 for literal text
    size_t count;
    std::string literal;
  };
  struct Moment;

  static bool read_token(const Token& token, bool next_is_digit, std::string_view& rest, Moment& moment);

  std::vector<Token> tokens_;
  bool with_time_ = false;
};

}  // namespace bulkwrite::sandbox
