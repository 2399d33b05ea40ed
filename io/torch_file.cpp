#include "io/torch_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <zip.h>

#include "core/error.h"
#include "io/file.h"
#include "io/half.h"
#include "io/pickle.h"
#include "io/safetensors_header.h"

namespace radial {
namespace {

using Kind = PickleValue::Kind;

constexpr uint64_t longest_pickle = 8 << 20;  // bytes: some 40,000 tensors

template <class... Parts>
void require(bool condition, const std::string& path, const Parts&... parts) {
  check(condition, ErrorKind::file_format, "load: ", path, ": ", parts...);
}

// The archive: one folder, whatever its name, with data.pkl, byteorder and data/<key> for each storage.
class TorchArchive {
 public:
  explicit TorchArchive(const std::string& path) : path_(path), bytes_(File::open(path).size()) {
    int code = 0;
    archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (!archive_) {
      zip_error_t error;
      zip_error_init_with_code(&error, code);
      const std::string reason = zip_error_strerror(&error);
      const bool system = zip_error_system_type(&error) == ZIP_ET_SYS;
      zip_error_fini(&error);
      check(!system, ErrorKind::io, "load: ", path, ": ", reason);
      require(false, path, "the zip archive is damaged: ", reason);
    }
    constexpr std::string_view pickle = "data.pkl";
    const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
      if (name == nullptr) continue;
      const std::string_view entry = name;
      if (!entry.ends_with(pickle)) continue;
      const std::string_view folder = entry.substr(0, entry.size() - pickle.size());
      if (!folder.empty() && (folder.back() != '/' || folder.find('/') != folder.size() - 1)) continue;
      folder_ = folder;
      found_ = true;
    }
    require(found_, path, "this is a zip archive without data.pkl, so none of torch.save()");
    require(!has("constants.pkl"), path,
            "this is a TorchScript program (torch.jit.save): save its state_dict() with torch.save()");
    if (has("byteorder"))
      require(read("byteorder", 16) == "little", path, "the values are big-endian, written on another kind of machine");
  }

  bool has(const std::string& name) const {
    return zip_name_locate(archive_.get(), (folder_ + name).c_str(), ZIP_FL_ENC_RAW) >= 0;
  }

  std::string read(const std::string& name, uint64_t most) const {
    std::string bytes(static_cast<size_t>(size(name, most)), '\0');
    read_into(name, bytes.data(), bytes.size());
    return bytes;
  }

  // Of an entry that is not compressed: no small file becomes a large one.
  uint64_t size(const std::string& name, uint64_t most = UINT64_MAX) const {
    zip_stat_t facts;
    zip_stat_init(&facts);
    require(zip_stat(archive_.get(), (folder_ + name).c_str(), ZIP_FL_ENC_RAW, &facts) == 0, path_, "it has no ", name);
    constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    require((facts.valid & needed) == needed, path_, name, " has no size");
    require(facts.encryption_method == ZIP_EM_NONE, path_, name, " is encrypted");
    require(facts.comp_method == ZIP_CM_STORE, path_, name, " is compressed, which torch.save() does not do");
    require(facts.size <= most, path_, name, " has ", facts.size, " bytes but at most ", most, " are allowed");
    require(facts.size <= bytes_, path_, name, " has ", facts.size, " bytes but the file only ", bytes_);
    return facts.size;
  }

  // libzip compares the checksum of what was read to its end.
  void read_into(const std::string& name, void* to, uint64_t bytes) const {
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
        zip_fopen(archive_.get(), (folder_ + name).c_str(), ZIP_FL_ENC_RAW), zip_fclose);
    require(file != nullptr, path_, name, ": ", zip_strerror(archive_.get()));
    uint64_t done = 0;
    while (true) {
      char rest = 0;  // a read behind the end finds a wrong checksum
      const bool all = done == bytes;
      const zip_int64_t count =
          zip_fread(file.get(), all ? &rest : static_cast<char*>(to) + done, all ? 1 : bytes - done);
      require(count >= 0, path_, name, " is damaged: ", zip_file_strerror(file.get()));
      if (count == 0) break;
      require(!all, path_, name, " is longer than it says");
      done += static_cast<uint64_t>(count);
    }
    require(done == bytes, path_, name, " ends ", bytes - done, " bytes too early");
  }

 private:
  struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
  };
  const std::string path_;
  const uint64_t bytes_;
  std::unique_ptr<zip_t, Discard> archive_;
  std::string folder_;
  bool found_ = false;
};

// The elements of a storage, and what they become.
struct Element {
  std::string_view name;
  size_t bytes;
  DType dtype;
};
constexpr std::array<Element, 9> elements = {{{"DoubleStorage", 8, DType::f64},
                                              {"FloatStorage", 4, DType::f32},
                                              {"HalfStorage", 2, DType::f32},
                                              {"BFloat16Storage", 2, DType::bf16},
                                              {"LongStorage", 8, DType::i32},
                                              {"IntStorage", 4, DType::i32},
                                              {"ShortStorage", 2, DType::i32},
                                              {"ByteStorage", 1, DType::u8},
                                              {"BoolStorage", 1, DType::u8}}};

struct Storage {
  const Element* element = nullptr;
  int64_t numel = 0;
  std::string bytes;
};

// A view of a storage, as torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...) makes it.
struct View {
  const PickleValue* storage = nullptr;
  int64_t offset = 0;
  const PickleValue *size = nullptr, *stride = nullptr;
};

// What a value is a tensor by; nothing if it is none.
std::optional<View> view_of(const PickleValue& value) {
  if (value.kind != Kind::call) return std::nullopt;
  const PickleValue &callee = *value.items[0], &arguments = *value.items[1];
  if (callee.is_name("torch._utils", "_rebuild_parameter") && !arguments.items.empty() &&
      arguments.items[0]->kind == Kind::call &&
      !arguments.items[0]->items[0]->is_name("torch._utils", "_rebuild_parameter"))
    return view_of(*arguments.items[0]);
  if (!callee.is_name("torch._utils", "_rebuild_tensor_v2") && !callee.is_name("torch._utils", "_rebuild_tensor"))
    return std::nullopt;
  const auto& items = arguments.items;
  if (items.size() < 4 || items[0]->kind != Kind::persistent || items[1]->kind != Kind::integer ||
      items[2]->kind != Kind::sequence || items[3]->kind != Kind::sequence)
    return std::nullopt;
  return View{items[0], items[1]->integer, items[2], items[3]};
}

bool has_tensors(const PickleValue& dictionary) {
  for (size_t i = 1; i < dictionary.items.size(); i += 2)
    if (view_of(*dictionary.items[i])) return true;
  return false;
}

template <class From, class To, class Convert>
void gather(Tensor& to, const char* from, const std::vector<int64_t>& strides, const Convert& convert) {
  const Shape& shape = to.shape();
  std::vector<int64_t> place(strides.size(), 0);
  To* out = to.data<To>();
  int64_t at = 0;
  for (int64_t i = 0; i < to.numel(); ++i) {
    From value;
    std::memcpy(&value, from + static_cast<size_t>(at) * sizeof(From), sizeof(From));
    out[i] = convert(value);
    for (int d = shape.rank() - 1; d >= 0; --d) {
      const auto k = static_cast<size_t>(d);
      at += strides[k];
      if (++place[k] < shape[d]) break;
      at -= shape[d] * strides[k];
      place[k] = 0;
    }
  }
}

class TorchReader {
 public:
  TorchReader(const std::string& path, const TorchArchive& archive) : path_(path), archive_(archive) {}

  Tensor tensor(std::string_view name, const View& view) {
    const auto must = [&](bool condition, const auto&... parts) {
      require(condition, path_, "tensor ", quoted_name(name), " ", parts...);
    };
    const Storage& from = storage(name, *view.storage);
    must(view.size->items.size() == view.stride->items.size(), "has ", view.size->items.size(), " dimensions but ",
         view.stride->items.size(), " strides");
    must(view.size->items.size() <= Shape::max_rank, "has ", view.size->items.size(), " dimensions, which is too many");
    std::vector<int64_t> sizes, strides;
    int64_t numel = 1, last = view.offset;  // the element that lies furthest behind
    bool inside = view.offset >= 0 && view.offset <= from.numel;
    for (size_t d = 0; d < view.size->items.size() && inside; ++d) {
      const PickleValue &size = *view.size->items[d], &stride = *view.stride->items[d];
      must(size.kind == Kind::integer && stride.kind == Kind::integer && size.integer >= 0 && stride.integer >= 0,
           "has a size or stride that is no whole number");
      int64_t reach = 0;
      inside = !__builtin_mul_overflow(numel, size.integer, &numel) && numel <= from.numel &&
               !__builtin_mul_overflow(std::max<int64_t>(size.integer - 1, 0), stride.integer, &reach) &&
               !__builtin_add_overflow(last, reach, &last);
      sizes.push_back(size.integer);
      strides.push_back(stride.integer);
    }
    must(inside && (numel == 0 || last < from.numel), "goes beyond its storage of ", from.numel, " elements");
    const char* first = from.bytes.data() + static_cast<size_t>(view.offset) * from.element->bytes;
    Tensor result = Tensor::empty(Shape(sizes), from.element->dtype);
    fill(result, name, *from.element, first, strides);
    return result;
  }

 private:
  void fill(Tensor& to, std::string_view name, const Element& element, const char* from,
            const std::vector<int64_t>& strides) const {
    const auto same = [](auto value) { return value; };
    switch (to.dtype()) {
      case DType::f64:
        return gather<double, double>(to, from, strides, same);
      case DType::f32:
        if (element.bytes == 2) return gather<uint16_t, float>(to, from, strides, from_half);
        return gather<float, float>(to, from, strides, same);
      case DType::bf16:
        return gather<bf16, bf16>(to, from, strides, same);
      case DType::u8:
        return gather<uint8_t, uint8_t>(to, from, strides, same);
      default:
        break;
    }
    const auto narrow = [&](auto value) {
      require(value == static_cast<int32_t>(value), path_, "tensor ", quoted_name(name), " has the value ", value,
              ", which does not fit int32");
      return static_cast<int32_t>(value);
    };
    if (element.bytes == 8) return gather<int64_t, int32_t>(to, from, strides, narrow);
    if (element.bytes == 4) return gather<int32_t, int32_t>(to, from, strides, narrow);
    gather<int16_t, int32_t>(to, from, strides, narrow);
  }

  // ("storage", torch.FloatStorage, key, device, numel), read once.
  const Storage& storage(std::string_view tensor, const PickleValue& persistent) {
    const PickleValue& id = *persistent.items[0];
    const auto must = [&](bool condition, const auto&... parts) {
      require(condition, path_, "tensor ", quoted_name(tensor), " ", parts...);
    };
    must(id.kind == Kind::sequence && id.items.size() == 5 && id.items[0]->text == "storage" &&
             id.items[1]->kind == Kind::name && id.items[2]->kind == Kind::text && id.items[4]->kind == Kind::integer,
         "has no storage that can be understood");
    const std::string key(id.items[2]->text);
    const std::string_view type = id.items[1]->attribute;
    const auto element =
        std::find_if(elements.begin(), elements.end(), [&](const Element& e) { return e.name == type; });
    must(element != elements.end() && id.items[1]->text == "torch", "has values of the type ", quoted_name(type),
         ", which is not read");
    const int64_t numel = id.items[4]->integer;
    const auto [found, first_time] = storages_.try_emplace(key);
    Storage& storage = found->second;
    if (first_time) {
      const uint64_t bytes = archive_.size("data/" + key);
      must(
          numel >= 0 && static_cast<uint64_t>(numel) <= bytes && static_cast<uint64_t>(numel) * element->bytes == bytes,
          "has a storage of ", bytes, " bytes for ", numel, " values of ", element->bytes, " bytes");
      storage = {&*element, numel, std::string(bytes, '\0')};
      archive_.read_into("data/" + key, storage.bytes.data(), bytes);
    }
    must(storage.element == &*element && storage.numel == numel, "has a storage of two types");
    return storage;
  }

  const std::string& path_;
  const TorchArchive& archive_;
  std::map<std::string, Storage> storages_;
};

// The first of a few names, and how many more.
std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(names.size(), 5); ++i) text += (i ? ", " : "") + quoted_name(names[i]);
  return names.size() > 5 ? text + " and " + std::to_string(names.size() - 5) + " more" : text;
}

// The dictionary whose values are the tensors.
const PickleValue& state_dict_of(const PickleValue& root, const std::string& path, std::vector<std::string>& notes) {
  require(root.kind != Kind::call, path,
          "this is an object of a class, not a state dict: save its state_dict() with torch.save()");
  require(root.kind == Kind::dictionary, path, "this is no state dict: its pickle holds no dictionary");
  if (has_tensors(root)) return root;
  for (const char* entry : {"state_dict", "model", "model_state_dict"}) {
    const PickleValue* found = root.find(entry);
    if (found == nullptr || found->kind != Kind::dictionary || !has_tensors(*found)) continue;
    std::vector<std::string> others;
    for (size_t i = 0; i + 1 < root.items.size(); i += 2)
      if (root.items[i]->kind == Kind::text && root.items[i]->text != entry) others.emplace_back(root.items[i]->text);
    notes.push_back("of " + path + " the entry \"" + entry + "\" is taken" +
                    (others.empty() ? "" : "; not read: " + some_of(others)));
    return *found;
  }
  std::vector<std::string> names;
  for (size_t i = 0; i + 1 < root.items.size(); i += 2)
    if (root.items[i]->kind == Kind::text) names.emplace_back(root.items[i]->text);
  require(false, path, "no state dict is in it: neither itself nor its entry state_dict, model or model_state_dict ",
          "holds tensors by name", names.empty() ? "" : "; its entries: ", some_of(names));
  return root;
}

}  // namespace

TensorFile read_torch_file(const std::string& path, std::vector<std::string>& notes) {
  const TorchArchive archive(path);
  const std::string bytes = archive.read("data.pkl", longest_pickle);
  const Pickle pickle(bytes, "load: " + path);
  const PickleValue& state = state_dict_of(pickle.root(), path, notes);
  TorchReader reader(path, archive);
  TensorFile file;
  std::vector<std::string> others;
  for (size_t i = 0; i + 1 < state.items.size(); i += 2) {
    const PickleValue& key = *state.items[i];
    require(key.kind == Kind::text, path, "the name of a tensor is no text");
    const std::string name(key.text);
    if (const auto view = view_of(*state.items[i + 1]))
      file.tensors[name] = reader.tensor(name, *view);
    else
      others.push_back(name);
  }
  if (!others.empty()) notes.push_back("not read, as they are no tensors: " + some_of(others) + " (" + path + ")");
  return file;
}

}  // namespace radial
