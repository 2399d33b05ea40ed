#include "data/synth.h"

#include <cstdio>
#include <system_error>

#include "core/error.h"
#include "core/parallel.h"
#include "data/coco.h"
#include "io/atomic_file.h"
#include "io/folder.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

std::string name_of_class(const SynthOptions& options, int label) {
  return options.digits ? std::to_string(label) : synth_class_name(label);
}

Image drawn(const SynthOptions& options, int label, Random random) {
  return options.digits ? draw_synth_digit(label, options.size, random)
                        : draw_synth_picture(label, options.size, random);
}

void check_options(const fs::path& data, const SynthOptions& options) {
  const int most = options.digits ? synth_digits : synth_max_classes / (options.other_classes_in_val ? 2 : 1);
  check(options.classes >= 1 && options.classes <= most, "synth: ", options.classes,
        " classes were asked for but 1 to ", most, " can be drawn");
  check(options.train >= 1 && options.val >= 1, "synth: ", options.train, " pictures a class for training and ",
        options.val, " for validation were asked for but there must be at least one of each");
  check(options.size >= 8 && options.size <= 4096, "synth: the size is ", options.size,
        " but must be 8 to 4096 pixels");
  std::error_code error;
  if (!fs::exists(data, error)) return;
  check(fs::is_directory(data, error), "synth: ", data.string(), " is a file but a new or empty folder is expected");
  const bool empty = fs::is_empty(data, error);
  check(!error, ErrorKind::io, "synth: cannot read the folder ", data.string(), ": ", error.message());
  check(empty, "synth: the folder ", data.string(), " is not empty; nothing in it was touched");
}

}  // namespace

void write_synth_dataset(const fs::path& data, const SynthOptions& options) {
  check_options(data, options);
  const struct {
    const char* name;
    int64_t pictures;  // a class
  } splits[] = {{"train", options.train}, {"val", options.val}};
  for (uint32_t split = 0; split < 2; ++split) {
    const int64_t pictures = splits[split].pictures;
    const fs::path folder = data / splits[split].name;
    const int first = options.other_classes_in_val && split == 1 ? options.classes : 0;
    for (int label = first; label < first + options.classes; ++label)
      make_folders((folder / name_of_class(options, label)).string());
    parallel_for(options.classes * pictures, [&](int64_t task) {
      const int label = first + static_cast<int>(task / pictures);
      const int64_t number = task % pictures;
      const uint64_t index = (static_cast<uint64_t>(label) << 32) | static_cast<uint64_t>(number);
      const Image image = drawn(options, label, Random(options.seed, Stream::synth, split, index));
      char name[32];
      std::snprintf(name, sizeof name, "%06lld", static_cast<long long>(number));
      fs::path path = folder / name_of_class(options, label) / name;
      options.png ? write_png(path += ".png", image) : write_jpeg(path += ".jpg", image);
    });
  }
}

void write_synth_scenes(const fs::path& data, const SynthOptions& options) {
  check_options(data, options);
  const struct {
    const char* name;
    int64_t pictures;
  } splits[] = {{"train", options.train}, {"val", options.val}};
  make_folders((data / "annotations").string());
  for (uint32_t split = 0; split < 2; ++split) {
    const int64_t pictures = splits[split].pictures;
    const fs::path folder = data / splits[split].name;
    make_folders(folder.string());
    CocoAnnotations file;
    for (int label = 0; label < options.classes; ++label)
      file.categories.push_back({label + 1, synth_class_name(label)});
    std::vector<std::vector<SynthScene::Object>> objects(static_cast<size_t>(pictures));
    for (int64_t number = 0; number < pictures; ++number) {
      char name[32];
      std::snprintf(name, sizeof name, "%06lld%s", static_cast<long long>(number), options.png ? ".png" : ".jpg");
      file.pictures.push_back({number + 1, name, options.size, options.size});
    }
    parallel_for(pictures, [&](int64_t number) {
      SynthScene scene = draw_synth_scene(
          options.classes, options.size, Random(options.seed, Stream::synth, 2 + split, static_cast<uint64_t>(number)));
      const fs::path path = folder / file.pictures[static_cast<size_t>(number)].file_name;
      options.png ? write_png(path, scene.image) : write_jpeg(path, scene.image);
      objects[static_cast<size_t>(number)] = std::move(scene.objects);
    });
    for (size_t i = 0; i < objects.size(); ++i)
      for (const SynthScene::Object& object : objects[i])
        file.objects.push_back(
            {std::ssize(file.objects) + 1, file.pictures[i].id, object.label + 1, object.box, object.area, false});
    // The annotations come last: with them the split is whole.
    write_atomically((data / "annotations" / ("instances_" + std::string(splits[split].name) + ".json")).string(),
                     coco_json(file));
  }
}

}  // namespace radial
