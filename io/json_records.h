// Large JSON files that are lists of small objects, such as COCO's annotations: read in one pass, an object at a time,
// so that what nobody asked for (outlines of objects, say) takes no memory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace radial {

// An object of a list: those of its members that were asked for. What is asked of it and is not there, or is of
// another type, is Error(file_format) with the path, the place in the file and the name.
class JsonRecord {
 public:
  struct Member {
    enum class Kind { none, number, integer, text, flag, numbers, other } kind = Kind::none;
    double number = 0;  // of an integer too
    int64_t integer = 0;
    std::string text = {};
    std::vector<double> numbers = {};
  };

  bool has(std::string_view key) const { return find(key).kind != Member::Kind::none; }
  int64_t integer(std::string_view key) const;  // 3, and 3.0
  double number(std::string_view key) const;
  bool flag(std::string_view key, bool otherwise) const;  // true, false, 1, 0; `otherwise` where it is missing
  const std::string& text(std::string_view key) const;
  const std::vector<double>& numbers(std::string_view key, size_t count) const;

  std::string place() const;  // "instances.json: annotations[17]"
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  friend class JsonRecordReader;
  const Member& find(std::string_view key) const;

  const std::string* path_ = nullptr;
  const std::string* list_ = nullptr;
  int64_t index_ = 0;
  const std::vector<std::string>* keys_ = nullptr;
  std::vector<Member> members_ = {};  // of the keys, in their order
};

// A list of objects in the file.
struct JsonList {
  std::string name;               // its name in the file's object; "": the file is the list
  std::vector<std::string> keys;  // the members that are looked at
  std::function<void(const JsonRecord&)> read;
};

// Calls `read` for each object, in the order of the file. Throws Error(file_format) with the path where the text is no
// JSON, where one of the lists is missing, doubled, no list or holds something that is no object, and for objects that
// name a member twice. `path` is for messages.
void read_json_lists(std::string_view json, const std::string& path, const std::vector<JsonList>& lists);

}  // namespace radial
