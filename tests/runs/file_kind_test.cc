// SPDX-License-Identifier: Apache-2.0
#include "runs/file_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runs/table.h"

namespace isoflop {
namespace {

using namespace std::string_literals;
using testing::data_error;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::StartsWith;

struct Kind {
  const char* name;
  std::string head;
  const char* message;
};

class RefusedFormat : public ::testing::TestWithParam<Kind> {};

TEST_P(RefusedFormat, IsNamedInOneLine) {
  const std::string message = data_error(GetParam().head);
  EXPECT_THAT(message, StartsWith("runs.csv:"));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    ReadRuns,
    RefusedFormat,
    ::testing::Values(
        Kind{"Gzip", "\x1f\x8b\x08\0abc"s, "gzip"},
        Kind{"Zstd", "\x28\xb5\x2f\xfd\x04"s, "zstd"},
        Kind{"Parquet", "PAR1\x15\x04"s, "to_csv"},
        Kind{"Xlsx", "PK\x03\x04\x14\0"s, "xlsx"},
        Kind{"Utf16LittleMark",
             "\xff\xfe"
             "l\0o\0s\0s\0"s,
             "UTF-16"},
        Kind{"Utf16BigMark", "\xfe\xff\0l\0o\0s\0s"s, "UTF-16"},
        Kind{"Utf16Little", "l\0o\0s\0s\0,\0N\0"s, "UTF-16"},
        Kind{"Utf16Big", "\0l\0o\0s\0s\0,\0N"s, "UTF-16"},
        Kind{"Html", "\n  <!DOCTYPE html><html>"s, "HTML"},
        Kind{"LfsPointer",
             "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"s,
             "git lfs pull"},
        Kind{"Empty", ""s, "no header"},
        Kind{"Blank", "\n \r\n"s, "no header"},
        Kind{"OnlyByteOrderMark", "\xef\xbb\xbf"s, "no header"},
        Kind{"HeaderOnly", "loss,params,tokens\n"s, "no rows"},
        Kind{
            "TensorBoard", "Wall time,Step,Value\n1.0,1,3.0\n"s, "TensorBoard"},
        Kind{"WandbHistory", "_step,loss\n1,3.0\n"s, "training curve"},
        Kind{"WandbExport",
             "\"Step\",\"a - eval/loss\",\"a - eval/loss__MIN\"\n1,3,3\n"s,
             "training curve"}),
    [](const auto& kind) { return std::string(kind.param.name); });

TEST(ReadRuns, TellsOfABinaryFile) {
  EXPECT_THAT(data_error("loss,params,tokens\n3,\0"s), HasSubstr("binary"));
}

/// A folder of its own, removed at the end.
class RunsFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("isoflop_runs_test." + std::to_string(::getpid()));
    std::filesystem::create_directory(folder_);
    path_ = (folder_ / "pilot runs.csv").string();
    std::ofstream(path_) << "loss,params,tokens\n3.1,70M,1.4B\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::string file_error(const std::string& path) {
    return message_of<FileError>([&] { read_runs(path); });
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(RunsFile, IsRead) {
  const Runs runs = read_runs(path_);
  EXPECT_EQ(runs.size(), 1);
  EXPECT_EQ(runs.source, path_);
}

TEST_F(RunsFile, MissingNamesANearOne) {
  EXPECT_THAT(file_error((folder_ / "pilot_run.csv").string()),
              HasSubstr("no such file; did you mean 'pilot runs.csv'?"));
  EXPECT_THAT(file_error((folder_ / "no" / "runs.csv").string()),
              HasSubstr("there is no folder"));
  EXPECT_THAT(file_error("quite-another-name.csv"),
              HasSubstr(std::filesystem::current_path().string()));
  EXPECT_THAT(file_error(""), HasSubstr("empty"));
}

TEST_F(RunsFile, DirectoryIsRefused) {
  EXPECT_THAT(file_error(folder_.string()), HasSubstr("is a directory"));
}

TEST_F(RunsFile, WithoutPermissionIsRefused) {
  std::filesystem::permissions(path_, std::filesystem::perms::none);
  if (::access(path_.c_str(), R_OK) == 0) {
    GTEST_SKIP() << "this user may read every file";
  }
  EXPECT_THAT(file_error(path_), HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace isoflop
