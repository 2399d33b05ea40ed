// What a checkpoint says of itself: class names, where the training stands, the model. (Its options: toml.)
#include "models/models.h"
#include "tests/fuzz/target.h"
#include "train/checkpoint.h"
#include "train/training_state.h"

using namespace radial;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(text_of(data, size));
  static const std::vector<Measure> measures = {{{"loss", "loss"}}, {{"top1", "top-1", true}, Measure::Kind::count}};
  may_refuse({ErrorKind::file_format}, [&] { training_state_from(text, "checkpoint", measures); });
  TensorFile file;
  for (const char* key : {"radial.class_names", "radial.arch", "radial.stem", "radial.classes", "radial.image_size"})
    file.metadata[key] = text;
  may_refuse({ErrorKind::file_format}, [&] { classes_of(file, "checkpoint"); });
  may_refuse({ErrorKind::file_format}, [&] { from_metadata(file.metadata, {}, "checkpoint"); });
  return 0;
}
