// Texts that are hard on a kernel: from CSV that is nearly regular to nothing but special bytes.
#pragma once

#include <random>
#include <string>

namespace kernel_texts {

inline std::string field(std::mt19937_64& random, char delimiter) {
  const size_t length = random() % (random() % 10 == 0 ? 300 : 12);
  std::string text(length, 'x');
  if (random() % 3 != 0) return text;
  for (size_t i = random() % 6; i > 0 && length > 0; --i)
    text[random() % length] = std::string{delimiter, '\n', '\r', ' '}[random() % 4];
  for (size_t i = random() % 3; i > 0; --i) text.insert(random() % (text.size() + 1), "\"\"");
  // A doubled quote may have been torn apart by the next; then the field is irregular, which is as welcome.
  return '"' + text + '"';
}

inline std::string nearly_regular(std::mt19937_64& random, size_t length, char delimiter, size_t noise) {
  std::string text;
  while (text.size() < length) {
    for (size_t i = 0; i < 3; ++i) text += (i == 0 ? "" : std::string(1, delimiter)) + field(random, delimiter);
    if (random() % 20 == 0) text += delimiter;
    text += random() % 3 == 0 ? "\r\n" : "\n";
    if (random() % 20 == 0) text += random() % 2 == 0 ? "\r\n" : "\n";
  }
  text.resize(length);
  for (size_t i = 0; i < length; ++i)
    if (noise > 0 && random() % noise == 0) text[i] = std::string{delimiter, '\n', '\r', '"', 'y'}[random() % 5];
  return text;
}

inline std::string only_special(std::mt19937_64& random, size_t length, char delimiter) {
  const std::string bytes{'"', delimiter, '\n', '\r', 'x', '"'};
  std::string text(length, 'x');
  const size_t density = 1 + random() % 8;
  for (char& byte : text)
    if (random() % density == 0) byte = bytes[random() % bytes.size()];
  return text;
}

inline std::string any(std::mt19937_64& random, size_t length, char delimiter) {
  switch (random() % 4) {
    case 0:
      return only_special(random, length, delimiter);
    case 1:
      return nearly_regular(random, length, delimiter, 0);
    case 2:
      return nearly_regular(random, length, delimiter, 50 + random() % 200);
    default:
      return nearly_regular(random, length, delimiter, 1000 + random() % 5000);
  }
}

}  // namespace kernel_texts
