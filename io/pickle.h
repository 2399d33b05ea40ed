// Python's pickles as data: what a pickle would build is read into a tree of values, and nothing of it is ever executed
// or imported. Functions and classes that it names stay names; what a call of one would return is the name with its
// arguments. Protocols 2 to 5 (https://github.com/python/cpython/blob/main/Lib/pickletools.py), without what only
// hand-made pickles have.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace radial {

struct PickleValue {
  enum class Kind {
    none,
    boolean,  // integer is 0 or 1
    integer,  // of at most 64 bits
    real,
    text,        // str and bytes
    sequence,    // tuple, list, set: items
    dictionary,  // items: key, value, key, value ...; an OrderedDict, too
    name,        // of a function or class: text is the module, attribute the rest
    call,        // items: what is called, then its arguments
    persistent,  // items: the one thing that stands for an object outside of the pickle
  };
  Kind kind = Kind::none;
  int64_t integer = 0;
  double real = 0;
  std::string_view text, attribute;  // into the bytes of the pickle
  std::vector<const PickleValue*> items;

  bool is_name(std::string_view module, std::string_view what) const {
    return kind == Kind::name && text == module && attribute == what;
  }
  // The value of a text key; null if there is none, or this is no dictionary.
  const PickleValue* find(std::string_view key) const;
};

class Pickle {
 public:
  // `bytes` must outlive this; `where` begins messages. Throws Error(file_format) for what is no pickle, is cut off, or
  // has an instruction that is not known here.
  Pickle(std::string_view bytes, const std::string& where);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleValue& root() const { return *root_; }

 private:
  friend class Unpickler;
  std::deque<PickleValue> values_;  // whatever refers to whatever: they end together
  const PickleValue* root_ = nullptr;
};

}  // namespace radial
