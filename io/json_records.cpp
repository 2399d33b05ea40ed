#include "io/json_records.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace radial {

namespace {

using Member = JsonRecord::Member;
constexpr double exact_integers = 0x1p53;

}  // namespace

std::string JsonRecord::place() const { return *path_ + ": " + *list_ + "[" + std::to_string(index_) + "]"; }

void JsonRecord::refuse(const std::string& what) const { fail(ErrorKind::file_format, place(), ": ", what); }

const Member& JsonRecord::find(std::string_view key) const {
  for (size_t i = 0; i < keys_->size(); ++i)
    if ((*keys_)[i] == key) return members_[i];
  fail(ErrorKind::internal, "json: ", std::string(key), " was not asked for");
}

int64_t JsonRecord::integer(std::string_view key) const {
  const Member& member = find(key);
  if (member.kind == Member::Kind::integer) return member.integer;
  const double value = member.number;
  if (member.kind == Member::Kind::number && std::abs(value) <= exact_integers && std::trunc(value) == value)
    return static_cast<int64_t>(value);
  refuse(has(key) ? std::string(key) + " is no integer" : "there is no " + std::string(key));
}

double JsonRecord::number(std::string_view key) const {
  const Member& member = find(key);
  if (member.kind == Member::Kind::number || member.kind == Member::Kind::integer) return member.number;
  refuse(has(key) ? std::string(key) + " is no number" : "there is no " + std::string(key));
}

bool JsonRecord::flag(std::string_view key, bool otherwise) const {
  const Member& member = find(key);
  if (member.kind == Member::Kind::none) return otherwise;
  const bool is_flag = member.kind == Member::Kind::flag || member.kind == Member::Kind::integer;
  if (!is_flag || (member.integer != 0 && member.integer != 1)) refuse(std::string(key) + " is neither 0 nor 1");
  return member.integer == 1;
}

const std::string& JsonRecord::text(std::string_view key) const {
  const Member& member = find(key);
  if (member.kind != Member::Kind::text)
    refuse(has(key) ? std::string(key) + " is no text" : "there is no " + std::string(key));
  return member.text;
}

const std::vector<double>& JsonRecord::numbers(std::string_view key, size_t count) const {
  const Member& member = find(key);
  if (!has(key)) refuse("there is no " + std::string(key));
  if (member.kind != Member::Kind::numbers || member.numbers.size() != count)
    refuse(std::string(key) + " is not " + std::to_string(count) + " numbers");
  return member.numbers;
}

// Follows the text, and keeps of it the object that it is in.
class JsonRecordReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonRecordReader(const std::string& path, const std::vector<JsonList>& lists)
      : path_(path), lists_(lists), seen_(lists.size()) {
    if (lists.size() == 1 && lists[0].name.empty()) whole_ = true;
  }

  bool null() override { return value({.kind = Member::Kind::other}); }
  bool boolean(bool flag) override {
    return value({.kind = Member::Kind::flag, .number = flag ? 1.0 : 0.0, .integer = flag});
  }
  bool number_integer(number_integer_t number) override {
    return value({.kind = Member::Kind::integer, .number = static_cast<double>(number), .integer = number});
  }
  bool number_unsigned(number_unsigned_t number) override {
    if (std::in_range<int64_t>(number)) return number_integer(static_cast<int64_t>(number));
    return value({.kind = Member::Kind::number, .number = static_cast<double>(number)});
  }
  bool number_float(number_float_t number, const string_t&) override {
    return value({.kind = Member::Kind::number, .number = number});
  }
  bool string(string_t& text) override { return value({.kind = Member::Kind::text, .text = std::move(text)}); }
  bool binary(binary_t&) override { return value({.kind = Member::Kind::other}); }

  bool start_object(size_t) override {
    if (list_ != nullptr && depth_ == base_) {
      begin_record();
    } else {
      begin_value(false);
    }
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    if (list_ != nullptr && depth_ == base_) {
      list_->read(record_);
      ++record_.index_;
    }
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ == 0 && whole_)
      begin_list(0);
    else if (depth_ == 1 && pending_)
      begin_list(*pending_);
    else
      begin_value(true);
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    if (list_ != nullptr && depth_ < base_) list_ = nullptr;
    return true;
  }

  bool key(string_t& name) override {
    if (list_ != nullptr && depth_ == base_ + 1)
      choose_member(name);
    else if (depth_ == 1 && !whole_)
      choose_list(name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception& error) override {
    fail(ErrorKind::file_format, path_, " is no JSON: ", error.what());
  }

  void check_complete() const {
    for (size_t i = 0; i < lists_.size(); ++i)
      check(seen_[i], ErrorKind::file_format, path_, ": there is no list",
            whole_ ? " of objects" : " \"" + lists_[i].name + "\"");
  }

 private:
  void choose_list(const std::string& name) {
    pending_.reset();
    for (size_t i = 0; i < lists_.size(); ++i)
      if (lists_[i].name == name) pending_ = i;
  }
  void begin_list(size_t which) {
    check(!seen_[which], ErrorKind::file_format, path_, ": there are two lists \"", lists_[which].name, "\"");
    seen_[which] = true;
    pending_.reset();
    list_ = &lists_[which];
    name_ = whole_ ? "record" : list_->name;
    base_ = depth_ + 1;
    record_ = JsonRecord();
    record_.path_ = &path_;
    record_.list_ = &name_;
    record_.keys_ = &list_->keys;
    record_.members_.resize(list_->keys.size());
  }
  void begin_record() {
    for (Member& member : record_.members_) member.kind = Member::Kind::none;
    member_ = nullptr;
  }
  void choose_member(const std::string& name) {
    member_ = nullptr;
    for (size_t i = 0; i < list_->keys.size(); ++i) {
      if (list_->keys[i] != name) continue;
      member_ = &record_.members_[i];
      if (member_->kind != Member::Kind::none) record_.refuse("there are two members " + name);
    }
  }

  // A list or an object that is no record: only lists of numbers are kept.
  void begin_value(bool list) {
    refuse_unless_expected();
    if (list_ == nullptr || member_ == nullptr) return;
    if (depth_ == base_ + 1) {
      member_->kind = list ? Member::Kind::numbers : Member::Kind::other;
      member_->numbers.clear();
    } else if (depth_ == base_ + 2) {
      member_->kind = Member::Kind::other;
    }
  }
  bool value(Member&& value) {
    refuse_unless_expected();
    if (list_ == nullptr || member_ == nullptr) return true;
    if (depth_ == base_ + 1) {
      value.numbers = std::move(member_->numbers);  // its room is used again
      *member_ = std::move(value);
    } else if (depth_ == base_ + 2 && member_->kind == Member::Kind::numbers) {
      if (value.kind == Member::Kind::number || value.kind == Member::Kind::integer)
        member_->numbers.push_back(value.number);
      else
        member_->kind = Member::Kind::other;
    }
    return true;
  }
  void refuse_unless_expected() {
    if (list_ != nullptr && depth_ == base_) record_.refuse("it is no object");
    check(depth_ != 1 || !pending_, ErrorKind::file_format, path_, ": \"", pending_ ? lists_[*pending_].name : "",
          "\" is no list");
  }

  const std::string& path_;
  const std::vector<JsonList>& lists_;
  std::vector<bool> seen_;
  bool whole_ = false;             // the file is the list
  size_t depth_ = 0, base_ = 0;    // objects and lists around; base_: around a record
  std::optional<size_t> pending_;  // the list whose name was read
  const JsonList* list_ = nullptr;
  std::string name_;
  JsonRecord record_;
  Member* member_ = nullptr;
};

void read_json_lists(std::string_view json, const std::string& path, const std::vector<JsonList>& lists) {
  JsonRecordReader reader(path, lists);
  nlohmann::json::sax_parse(json, &reader);
  reader.check_complete();
}

}  // namespace radial
