#include "io/pickle.h"

#include <bit>
#include <cstring>
#include <unordered_map>

#include "core/error.h"

namespace radial {

const PickleValue* PickleValue::find(std::string_view key) const {
  if (kind != Kind::dictionary) return nullptr;
  const PickleValue* found = nullptr;  // the last one counts
  for (size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i]->kind == Kind::text && items[i]->text == key) found = items[i + 1];
  return found;
}

// The machine that a pickle is a program for: a stack of values, marks in it, and a memory.
class Unpickler {
  using Kind = PickleValue::Kind;

 public:
  Unpickler(Pickle& pickle, std::string_view bytes, const std::string& where)
      : pickle_(pickle), bytes_(bytes), where_(where) {}

  const PickleValue* run() {
    while (true) {
      at_ = next_;
      const auto opcode = static_cast<char>(byte());
      if (opcode == '.') return pop();
      execute(opcode);
    }
  }

 private:
  [[noreturn]] void bad(const std::string& what) const {
    fail(ErrorKind::file_format, where_, ": not a pickle that can be read: ", what, " (byte ", at_, ")");
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - next_) bad("it ends too early");
    const std::string_view part = bytes_.substr(next_, static_cast<size_t>(count));
    next_ += static_cast<size_t>(count);
    return part;
  }
  uint8_t byte() { return static_cast<uint8_t>(take(1)[0]); }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view line() {
    const size_t end = bytes_.find('\n', next_);
    if (end == std::string_view::npos) bad("a line does not end");
    const std::string_view text = take(end - next_);
    ++next_;
    return text;
  }

  PickleValue* make(Kind kind) {
    PickleValue& value = pickle_.values_.emplace_back();
    value.kind = kind;
    return &value;
  }
  PickleValue* push(Kind kind) {
    stack_.push_back(make(kind));
    return stack_.back();
  }
  void push_integer(int64_t integer, Kind kind = Kind::integer) { push(kind)->integer = integer; }
  void push_text(std::string_view text) { push(Kind::text)->text = text; }

  // Not below the last mark.
  PickleValue* pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) bad("the stack is empty");
    PickleValue* value = stack_.back();
    stack_.pop_back();
    return value;
  }
  PickleValue* top() {
    PickleValue* value = pop();
    stack_.push_back(value);
    return value;
  }
  // What lies above the last mark.
  std::vector<const PickleValue*> pop_marked() {
    if (marks_.empty()) bad("there is no mark");
    std::vector<const PickleValue*> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void push_tuple(size_t count) {
    std::vector<const PickleValue*> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    push(Kind::sequence)->items = std::move(items);
  }
  // A list, a set or a dictionary below gets them. Objects of classes that are not known may have items, too: dropped.
  void add(const std::vector<const PickleValue*>& items, Kind kind) {
    PickleValue* to = top();
    if (kind == Kind::dictionary && items.size() % 2 != 0) bad("a key has no value");
    if (to->kind == kind)
      to->items.insert(to->items.end(), items.begin(), items.end());
    else if (to->kind != Kind::call)
      bad("items are added to what has none");
  }

  void call() {
    const PickleValue *arguments = pop(), *callee = pop();
    if (arguments->kind != Kind::sequence) bad("arguments are no tuple");
    if (callee->is_name("collections", "OrderedDict") && arguments->items.empty()) {
      push(Kind::dictionary);
      return;
    }
    PickleValue* value = push(Kind::call);
    value->items = {callee, arguments};
  }

  void push_name(std::string_view module, std::string_view attribute) {
    PickleValue* value = push(Kind::name);
    value->text = module;
    value->attribute = attribute;
  }

  // Little-endian two's complement; what does not fit 64 bits is not needed by anybody: none.
  void push_long(std::string_view digits) {
    if (digits.size() > 8) {
      push(Kind::none);
      return;
    }
    uint64_t value = !digits.empty() && (digits.back() & 0x80) != 0 ? ~uint64_t{0} : 0;
    std::memcpy(&value, digits.data(), digits.size());
    push_integer(static_cast<int64_t>(value));
  }

  PickleValue* remembered(uint64_t place) {
    const auto found = memory_.find(place);
    if (found == memory_.end()) bad("something is recalled that was not stored");
    return found->second;
  }

  void execute(char opcode) {
    switch (opcode) {
      case '\x80': {  // PROTO
        const int protocol = byte();
        if (protocol > 5) bad("it has protocol " + std::to_string(protocol) + ", not one up to 5");
        return;
      }
      case '\x95':  // FRAME
        number<uint64_t>();
        return;
      case 'N':
        push(Kind::none);
        return;
      case '\x88':
      case '\x89':
        return push_integer(opcode == '\x88' ? 1 : 0, Kind::boolean);
      case 'J':
        return push_integer(number<int32_t>());
      case 'K':
        return push_integer(byte());
      case 'M':
        return push_integer(number<uint16_t>());
      case '\x8a':
        return push_long(take(byte()));
      case '\x8b':
        return push_long(take(number<uint32_t>()));
      case 'G':  // BINFLOAT, big-endian
        push(Kind::real)->real = std::bit_cast<double>(__builtin_bswap64(number<uint64_t>()));
        return;
      case 'U':  // strings and bytes, with lengths of one, four and eight bytes
      case 'C':
      case '\x8c':
        return push_text(take(byte()));
      case 'T':
      case 'X':
      case 'B':
        return push_text(take(number<uint32_t>()));
      case '\x8d':
      case '\x8e':
      case '\x96':
        return push_text(take(number<uint64_t>()));
      case '(':
        marks_.push_back(stack_.size());
        return;
      case '0':
        pop();
        return;
      case '1':
        pop_marked();
        return;
      case '2':
        stack_.push_back(top());
        return;
      case ')':
      case ']':
      case '\x8f':
        push(Kind::sequence);
        return;
      case '}':
        push(Kind::dictionary);
        return;
      case 't':
      case 'l':
      case '\x91': {  // TUPLE, LIST, FROZENSET
        auto items = pop_marked();
        push(Kind::sequence)->items = std::move(items);
        return;
      }
      case 'd': {
        auto items = pop_marked();
        push(Kind::dictionary);
        return add(items, Kind::dictionary);
      }
      case '\x85':
        return push_tuple(1);
      case '\x86':
        return push_tuple(2);
      case '\x87':
        return push_tuple(3);
      case 'a':
        return add({pop()}, Kind::sequence);
      case 'e':
      case '\x90':
        return add(pop_marked(), Kind::sequence);
      case 's': {
        const PickleValue *value = pop(), *key = pop();
        return add({key, value}, Kind::dictionary);
      }
      case 'u':
        return add(pop_marked(), Kind::dictionary);
      case 'q':
        memory_[byte()] = top();
        return;
      case 'r':
        memory_[number<uint32_t>()] = top();
        return;
      case '\x94': {  // MEMOIZE
        const uint64_t place = memory_.size();
        memory_[place] = top();
        return;
      }
      case 'h':
        stack_.push_back(remembered(byte()));
        return;
      case 'j':
        stack_.push_back(remembered(number<uint32_t>()));
        return;
      case 'c': {  // GLOBAL
        const std::string_view module = line();
        return push_name(module, line());
      }
      case '\x93': {  // STACK_GLOBAL
        const PickleValue *attribute = pop(), *module = pop();
        if (attribute->kind != Kind::text || module->kind != Kind::text) bad("a name is no text");
        return push_name(module->text, attribute->text);
      }
      case 'R':
      case '\x81':  // REDUCE, NEWOBJ
        return call();
      case '\x92':  // NEWOBJ_EX
        pop();      // keyword arguments
        return call();
      case 'b':  // BUILD: the state of an object
        pop();
        top();
        return;
      case 'Q': {
        const PickleValue* id = pop();
        push(Kind::persistent)->items = {id};
        return;
      }
      default:
        bad("there is an unknown instruction, " + std::to_string(static_cast<uint8_t>(opcode)));
    }
  }

  Pickle& pickle_;
  const std::string_view bytes_;
  const std::string& where_;
  size_t at_ = 0, next_ = 0;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleValue*> memory_;
};

Pickle::Pickle(std::string_view bytes, const std::string& where) { root_ = Unpickler(*this, bytes, where).run(); }

}  // namespace radial
