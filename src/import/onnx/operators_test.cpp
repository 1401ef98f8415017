// The operator table: sorted, unambiguous, and read as models need it.
#include "import/onnx/operators.h"

#include <gtest/gtest.h>

#include <cctype>

namespace hone::onnx {
namespace {

TEST(Operators, SortedWithoutDoubles) {
  auto key = [](const OperatorRow& r) {
    std::string s = std::string(r.domain) + "\n";
    for (const char* p = r.name; *p != 0; ++p) s += static_cast<char>(std::tolower(static_cast<unsigned char>(*p)));
    return s;
  };
  const auto rows = operator_table();
  for (size_t i = 1; i < rows.size(); ++i) EXPECT_LT(key(rows[i - 1]), key(rows[i]));
  for (const auto& r : rows) {
    EXPECT_NE(find_operator(r.domain, r.name), nullptr) << r.name;
    EXPECT_GT(since_version(*find_operator(r.domain, r.name), kNewestOpset), 0) << r.name;
  }
}

TEST(Operators, NewestDefinitionThatTheModelSees) {
  const Operator& add = *find_operator("", "Add");
  EXPECT_EQ(since_version(add, 6), 6);
  EXPECT_EQ(since_version(add, 12), 7);
  EXPECT_EQ(since_version(add, 28), 14);
  EXPECT_EQ(since_version(*find_operator("", "RMSNormalization"), 22), 0);
  EXPECT_EQ(find_operator("elsewhere", "Add"), nullptr);
}

}  // namespace
}  // namespace hone::onnx
