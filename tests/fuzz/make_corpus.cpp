// make_corpus DIR: what the fuzz targets begin with, DIR/<target>/<file>: small good files, made here.
#include <cstdio>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "data/image.h"
#include "io/csv.h"
#include "io/file.h"
#include "io/json_lines.h"
#include "io/safetensors.h"
#include "io/toml.h"
#include "tasks/tasks.h"
#include "train/checkpoint.h"
#include "train/settings.h"
#include "train/training_state.h"

namespace fs = std::filesystem;
using namespace radial;
using namespace std::string_literals;

namespace {

class Corpus {
 public:
  explicit Corpus(const std::string& folder) : folder_(folder) {}

  // Where a file of the target is to lie.
  std::string file(const std::string& target, const std::string& name) const {
    fs::create_directories(folder_ / target);
    return (folder_ / target / name).string();
  }
  void add(const std::string& target, const std::string& name, const std::string& content) const {
    File::create(file(target, name)).write(content);
  }

 private:
  fs::path folder_;
};

Image gradient(int width, int height) {
  Image image;
  image.resize(width, height);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(37 * i);
  return image;
}

std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

// bits a pixel, compression (0: none, 1: run lengths of bytes), colours of the palette, pixels
std::string bmp(int height, int bits, int compression, uint32_t colours, const std::string& pixels) {
  const std::string palette = std::string(4 * colours, '\x55');
  const auto offset = static_cast<uint32_t>(54 + palette.size());
  return "BM" + little(offset + static_cast<uint32_t>(pixels.size()), 4) + little(0, 4) + little(offset, 4) +
         little(40, 4) + little(2, 4) + little(static_cast<uint64_t>(height), 4) + little(1, 2) +
         little(static_cast<uint32_t>(bits), 2) + little(static_cast<uint32_t>(compression), 4) +
         little(static_cast<uint32_t>(pixels.size()), 4) + little(0, 8) + little(colours, 4) + little(0, 4) + palette +
         pixels;
}

void add_pictures(const Corpus& corpus) {
  write_jpeg(corpus.file("picture", "small.jpg"), gradient(9, 7));
  write_jpeg(corpus.file("picture", "one.jpg"), gradient(1, 1), 10);
  write_png(corpus.file("picture", "small.png"), gradient(5, 6));
  write_png(corpus.file("picture", "one.png"), gradient(1, 1));
  corpus.add("picture", "rgb.bmp", bmp(2, 24, 0, 0, std::string(16, '\x33')));
  corpus.add("picture", "down.bmp", bmp(-2, 32, 0, 0, std::string(16, '\x33')));
  corpus.add("picture", "palette.bmp", bmp(2, 8, 0, 4, "\1\2\0\0\3\0\0\0"s));
  corpus.add("picture", "runs.bmp", bmp(2, 8, 1, 4, "\2\1\0\0\0\3\1\2\3\0\0\2\1\0\2\2\0\1"s));
  corpus.add("picture", "runs4.bmp", bmp(2, 4, 2, 4, "\2\x12\0\0\2\x21\0\1"s));
  corpus.add("picture", "one.gif",
             "GIF89a\1\0\1\0\x80\0\0\0\0\0\xFF\xFF\xFF\x21\xF9\4\1\0\0\0\0\x2C\0\0\0\0\1\0\1\0\0\2\2\x44\1\0\x3B"s);
  corpus.add("picture", "lossless.webp",
             "RIFF\x1A\0\0\0WEBPVP8L\x0D\0\0\0\x2F\0\0\0\x10\7\x10\x11\x11\x88\x88\xFE\7\0"s);
  corpus.add("picture", "lossy.webp",
             "RIFF\x22\0\0\0WEBPVP8 \x16\0\0\0\x30\1\0\x9D\1\x2A\1\0\1\0\x0E\xC0\xFE\x25\xA4\0\3\x70\0\0\0\0"s);
  corpus.add("picture", "bits.pbm", "P1\n# a comment\n2 2\n1 0 0 1\n");
  corpus.add("picture", "grey.pgm", "P2 2 1 255 0 255\n");
  corpus.add("picture", "colours.ppm", "P3\n1 1\n15\n1 2 3\n");
  corpus.add("picture", "raw.pbm", "P4\n9 1\n\x55\x80"s);
  corpus.add("picture", "raw.pgm", "P5\n2 1\n65535\n\0\1\2\3"s);
  corpus.add("picture", "raw.ppm", "P6\n1 1\n255\nabc");
}

void add_checkpoints(const Corpus& corpus) {
  Settings settings;
  TrainOptions& options = settings.train;
  options.data = "/data/caf\xE9 \"x\"";
  options.optimizer.no_decay = {"norm", "bias"};
  TrainingState state;
  state.bad_images = {"a.jpg", "caf\xE9.png"};
  state.last = state.best = {3, {{"train_loss", 0.5}, {"val_top1", 12.5}}};
  const std::vector<Measure> measures = {{{"loss", "loss"}}, {{"top1", "top-1", true}, Measure::Kind::count}};
  const std::string config = settings.text(), training = json_text(to_json(state, measures)),
                    classes = json_text({"cat", "caf\xE9"});
  for (const char* target : {"checkpoint", "json"}) {
    corpus.add(target, "state", training);
    corpus.add(target, "classes", classes);
    corpus.add(target, "texts", R"({"a":["\ud83d\ude00\udce9\u0001\\",null,true,-1.5e-7,{}]})");
  }
  corpus.add("checkpoint", "config", config);
  corpus.add("checkpoint", "arch", "resnet18");
  corpus.add("toml", "config", config);
  corpus.add("toml", "all",
             "\xEF\xBB\xBF# all\nseed = 7 # a\n[train]\nlr-milestones = [4,\n  8]\nno-shuffle = true\n"
             "init = \"/a # \\\"b\\\"\\n\\u00e9\\udce9\"\naugment = 'none'\nmean = 1 1, 1\n");

  TensorFile file;
  file.metadata = {{"radial.config", config}, {"radial.state", training}, {"radial.arch", "mlp"}};
  file.tensors["a"] = Tensor::full({3, 1}, 0.5);
  file.tensors["b.weight"] = Tensor::full({2}, 7, DType::u8);
  file.tensors["c"] = Tensor::empty({0, 5}, DType::i32);
  write_safetensors(corpus.file("safetensors", "checkpoint"), file);
  const auto by_hand = [&](const std::string& name, const std::string& header, const std::string& data) {
    corpus.add("safetensors", name, little(static_cast<uint32_t>(header.size()), 8) + header + data);
  };
  by_hand("half", R"({"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", "\0\x3C\1\0"s);
  by_hand("long", R"({"l":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", little(5, 8));
  by_hand("doubles", R"({"__metadata__":{"format":"pt"},"d":{"dtype":"F64","shape":[],"data_offsets":[0,8]}})",
          "12345678");
  by_hand("bf16", R"({"d":{"dtype":"BF16","shape":[1,1,1],"data_offsets":[0,2]}})", "12");
}

// Pickles of state dicts, as torch.save() makes them: OrderedDict() with "w" -> _rebuild_tensor_v2(storage, 0, (2, 3),
// (3, 1), False, OrderedDict()).
void add_torch(const Corpus& corpus) {
  const std::string ordered = "ccollections\nOrderedDict\n)R",
                    storage = "((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuK\x10tQ"s;
  const std::string tensor =
      "ctorch._utils\n_rebuild_tensor_v2\n" + storage + "K\0K\2K\3\x86K\3K\1\x86\x89"s + ordered + "tR";
  corpus.add("torch", "plain", "\x80\2"s + ordered + "X\1\0\0\0w"s + tensor + "s.");
  corpus.add("torch", "checkpoint", "\x80\2}(X\x0A\0\0\0state_dict}X\1\0\0\0w"s + tensor + "sX\5\0\0\0epochK\3u."s);
  corpus.add("torch", "other", "\x80\4\x95\0\0\0\0\0\0\0\0\x8c\2os\x8c\6system\x93\x94\x8c\4true\x85R\x94."s);
}

// A word a line.
void add_command_lines(const Corpus& corpus) {
  int number = 0;
  for (const TomlEntry& entry : read_toml(Settings().text(), "")) {
    std::string words = "train\nDATA\n--" + entry.key;
    for (const std::string& value : entry.values) words += "\n" + value;
    corpus.add("arguments", "train" + std::to_string(number++), words);
  }
  for (const char* words :
       {"--help", "--version", "train\n--help", "train\n--no-decay\nnorm\nbias\nDATA",
        "train\n--resume=RUN\n--epochs\n3", "train\n--mean=1,1,1\n--\nDATA",
        "evaluate\nDATA\n--weights\nRUN\n--limit\n5\n--json", "predict\n--weights\nRUN\n[a]\nb.jpg\n--top\n3",
        "figure\nRUN\nRUN\n--out\na.svg\n--published\nb.csv", "reproduce\nfigure3\n--data\nDATA\n--full",
        "toy\n--momentum\n0.9,0.95\n--at\n1\n2", "inspect\nRUN", "invariance\n--arch\nmlp\n--image-size\n8",
        "synth\nDIR\n--classes\n3", "bench\nstep\n--steps\n1", "bench\nops"})
    corpus.add("arguments", "words" + std::to_string(number++), words);
}

void add_tables(const Corpus& corpus) {
  corpus.add("csv", "plain", "epoch,norm\n1,1.5\n2,\n");
  corpus.add("csv", "quoted",
             "\xEF\xBB\xBF"
             "a,\"b \"\"c\"\"\nd\"\r\n\"x,y\",1e-300\r\n\r\n");
}

// A member of a tar file: its header with the checksum, its bytes, zeros up to the next 512.
std::string tar_member(const std::string& name, char type, const std::string& target, const std::string& content) {
  std::string header(512, '\0');
  const auto put = [&](size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  const auto octal = [](size_t value, int digits) {
    std::string text(static_cast<size_t>(digits), '0');
    for (auto at = text.rbegin(); value > 0; value /= 8) *at++ = static_cast<char>('0' + value % 8);
    return text;
  };
  put(0, name);
  put(100, "0000644");
  put(124, octal(content.size(), 11));
  put(148, "        ");
  header[156] = type;
  put(157, target);
  put(257,
      "ustar\0"
      "00"s);
  size_t sum = 0;
  for (const char c : header) sum += static_cast<uint8_t>(c);
  put(148, octal(sum, 6) + "\0 "s);
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

void add_archives(const Corpus& corpus) {
  const std::string end(1024, '\0');
  corpus.add("archive", "plain.tar", tar_member("a/", '5', "", "") + tar_member("a/1.png", '0', "", "picture") + end);
  corpus.add("archive", "links.tar",
             tar_member("a/1.png", '0', "", "picture") + tar_member("b", '2', "a", "") +
                 tar_member("a/2.png", '1', "a/1.png", "") + end);
  corpus.add("archive", "pax.tar",
             tar_member("x", 'x', "", "17 path=a/long.p\n") + tar_member("a", '0', "", "p") + end);
  corpus.add("archive", "long.tar",
             tar_member("././@LongLink", 'L', "", std::string(120, 'n') + '\0') + tar_member("n", '0', "", "p") + end);
  const std::string here = tar_member("1.png", '0', "", "picture"), around = tar_member("a/1.png", '0', "", "picture");
  corpus.add("archive", "nested.tar",
             tar_member("a.tar", '0', "", here + end) + end);  // no longer than run's fuzz takes
  corpus.add("archive", "around.tar", tar_member("a.tar", '0', "", around + end) + end);
  const std::string name = "a/1.png", facts = little(0, 8) + little(0x16DB4F89, 4) + little(7, 4) + little(7, 4) +
                                              little(name.size(), 2) + little(0, 2);
  const std::string local = "PK\3\4\x0A\0"s + facts + name + "picture";
  const std::string central = "PK\1\2\x0A\0\x0A\0"s + facts + std::string(14, '\0') + name;
  corpus.add("archive", "stored.zip",
             local + central + "PK\5\6"s + little(0, 4) + little(1, 2) + little(1, 2) + little(central.size(), 4) +
                 little(local.size(), 4) + little(0, 2));
}

}  // namespace

int main(int argc, char** argv) {
  add_tasks();
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_corpus DIR\n");
    return 2;
  }
  const Corpus corpus(argv[1]);
  add_pictures(corpus);
  add_checkpoints(corpus);
  add_command_lines(corpus);
  add_tables(corpus);
  add_torch(corpus);
  add_archives(corpus);
  return 0;
}
