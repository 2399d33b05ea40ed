#include "tasks/detect/boxed_data.h"

#include <cstring>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/fnv.h"
#include "data/fingerprint.h"
#include "io/json_lines.h"

namespace radial {

namespace {

using Json = nlohmann::ordered_json;
constexpr const char* splits[] = {"train", "val"};

std::string hash_of(const BoxedPictures& pictures) {
  uint64_t hash = fnv1a("");
  const auto add = [&](const void* bytes, size_t count) {
    hash = fnv1a(std::string_view(static_cast<const char*>(bytes), count), hash);
  };
  for (const BoxedPicture& picture : pictures.pictures) {
    add(picture.file.data(), picture.file.size() + 1);  // with the 0 behind it
    for (const BoxedObject& object : picture.objects) {
      add(&object.label, sizeof object.label);
      add(object.box.data(), sizeof object.box);
      const char flags[] = {object.crowd ? '1' : '0', object.difficult ? '1' : '0'};
      add(flags, sizeof flags);
    }
  }
  return hex_digits(hash);
}

// A folder of one class for those who take the fingerprint.
std::string fingerprint_of(const BoxedPictures& pictures) {
  ImageFolder folder{pictures.root, {"."}, {}, {}};
  for (const BoxedPicture& picture : pictures.pictures) folder.samples.push_back({picture.file, 0});
  return fingerprints(folder).front();
}

Json describe(const BoxedPictures& pictures) {
  return {{"folder", pictures.root.string()},
          {"pictures", pictures.size()},
          {"objects", pictures.object_count()},
          {"hash", hash_of(pictures)},
          {"fingerprint", fingerprint_of(pictures)}};
}

}  // namespace

std::string describe_boxed_data(const BoxedPictures& train, const BoxedPictures& val) {
  return json_text({{"classes", train.classes},
                    {"train", describe(train)},
                    {"val", describe(val)},
                    {"hash", hex_digits(fnv1a(hash_of(train) + hash_of(val)))}},
                   2) +
         "\n";
}

void check_same_boxed_data(const std::string& text, const std::string& path, const std::string& now_text) {
  const Json before = parse_json(text, path), now = parse_json(now_text, path);
  try {
    check(before.at("classes") == now.at("classes"), ErrorKind::dataset, "resume: the classes of ",
          now.at("train").at("folder").get<std::string>(), " are not those that the run began with (", path, ")");
    for (const char* split : splits) {
      const Json &old = before.at(split), &fresh = now.at(split);
      const std::string folder = fresh.at("folder").get<std::string>();
      check(old.at("hash") == fresh.at("hash"), ErrorKind::dataset, "resume: the pictures and boxes of ", folder,
            " are not those that the run began with: their names or boxes differ (", path, ")");
      check(old.at("fingerprint") == fresh.at("fingerprint"), ErrorKind::dataset, "resume: the pictures of ", folder,
            " are not those that the run began with: their names are the same, their contents differ (", path, ")");
    }
  } catch (const Json::exception& error) {
    fail(ErrorKind::file_format, "resume: ", path, " is malformed: ", error.what());
  }
}

}  // namespace radial
