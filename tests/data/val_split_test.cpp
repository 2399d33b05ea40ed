// A folder of classes that is split: how many of each class, and that names and seed alone decide which.
#include "data/val_split.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

namespace radial {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Names = std::set<std::string>;

// Listing looks at names alone.
void add_class(const std::string& root, const std::string& name, int pictures) {
  fs::create_directories(root + "/" + name);
  for (int i = 0; i < pictures; ++i) std::ofstream(root + "/" + name + "/" + std::to_string(i) + ".png") << "x";
}

Names names(const ImageFolder& folder, const std::string& of_class = "") {
  Names all;
  for (const ImageFolder::Sample& sample : folder.samples) {
    const std::string& name = folder.classes[static_cast<size_t>(sample.label)];
    if (of_class.empty() || of_class == name) all.insert(name + "/" + sample.file);
  }
  return all;
}

}  // namespace

TEST_CASE("a share of each class is val, and both sides have each class") {
  const ScratchFolder scratch;
  const std::string data = scratch / "data";
  for (const auto& [name, count] : {std::pair("a", 2), {"b", 3}, {"c", 10}, {"d", 101}}) add_class(data, name, count);
  const auto counts = [&](double share) {
    const Dataset split = split_dataset(data, share, 1);
    Names both = names(split.train);
    both.merge(names(split.val));
    CHECK(both.size() == 116);
    CHECK(split.train.size() + split.val.size() == 116);
    CHECK(split.train.classes == split.val.classes);
    CHECK(fs::exists(split.val.path(0)));
    return split.val.class_counts();
  };
  CHECK(counts(0.2) == std::vector<int64_t>{1, 1, 2, 20});
  CHECK(counts(0.01) == std::vector<int64_t>{1, 1, 1, 1});
  CHECK(counts(0.99) == std::vector<int64_t>{1, 2, 9, 100});
}

TEST_CASE("names and the seed decide which pictures are val") {
  const ScratchFolder scratch;
  const std::string data = scratch / "data";
  add_class(data, "c", 40);
  add_class(data, "d", 40);
  const Names val = names(split_dataset(data, 0.25, 7).val, "c");
  CHECK(val.size() == 10);
  CHECK(names(split_dataset(data, 0.25, 8).val, "c") != val);
  const Names other = names(split_dataset(data, 0.25, 7).val, "d");
  Names same_files;
  for (const std::string& name : other) same_files.insert("c" + name.substr(1));
  CHECK(same_files != val);  // each class by itself
  fs::rename(data, scratch / "elsewhere");
  add_class(scratch / "elsewhere", "b", 5);
  CHECK(names(split_dataset(scratch / "elsewhere", 0.25, 7).val, "c") == val);
  // Four more pictures: one more in val, and no other that was in it leaves but for those.
  for (int i = 40; i < 44; ++i) std::ofstream(scratch / "elsewhere/c/" + std::to_string(i) + ".png") << "x";
  size_t kept = 0;
  for (const std::string& name : names(split_dataset(scratch / "elsewhere", 0.25, 7).val, "c")) kept += val.count(name);
  CHECK(kept >= 7);
}

TEST_CASE("each picture is val as often as others, over seeds") {
  const ScratchFolder scratch;
  const std::string data = scratch / "data";
  add_class(data, "c", 20);
  std::map<std::string, int> times;
  for (uint64_t seed = 0; seed < 400; ++seed)
    for (const std::string& name : names(split_dataset(data, 0.25, seed).val)) ++times[name];
  CHECK(times.size() == 20);
  for (const auto& [name, count] : times) CHECK(std::abs(count - 100) < 40);  // more than 4 deviations of 8.7
}

TEST_CASE("what cannot be split is refused") {
  const ScratchFolder scratch;
  const std::string data = scratch / "data";
  add_class(data, "a", 1);
  add_class(data, "b", 5);
  CHECK_THROWS_WITH(split_dataset(data, 0.2, 1), ContainsSubstring("data/a has a single picture"));
  add_class(data, "c", 1);
  CHECK_THROWS_WITH(split_dataset(data, 0.2, 1), ContainsSubstring("data/a and 1 other classes have a single"));
  CHECK_FALSE(is_split(data));
  add_class(data, "val", 5);
  CHECK(is_split(data));
  CHECK_THROWS_WITH(split_dataset(data, 0.2, 1), ContainsSubstring("holds val/ and is split already"));
  CHECK_THROWS_WITH(split_dataset(scratch / "nowhere", 0.2, 1), ContainsSubstring("nowhere"));
}

}  // namespace radial
