// GIF: the first frame on its canvas, transparent pixels in the colour that the palette gives them. giflib takes the
// file apart into records and codes; what the codes stand for is looked up here, as giflib guesses where a code is
// damaged.
#include <algorithm>
#include <cstring>
#include <memory>

#include <gif_lib.h>

#include "data/decoders.h"

namespace radial::detail {
namespace {

class GifDecoder {
 public:
  GifDecoder(Bytes bytes, const std::string& name) : rest_(bytes), name_(name) {
    int error = 0;
    file_.reset(DGifOpen(this, read, &error));
    if (file_ == nullptr) fail_gif(error);
  }

  // Goes to the first frame; what lies before it may say which index is transparent.
  void find_frame() {
    for (GifRecordType type = next_record(); type != IMAGE_DESC_RECORD_TYPE; type = next_record()) {
      if (type == TERMINATE_RECORD_TYPE) fail_picture(name_, "broken GIF: it holds no picture");
      if (type == EXTENSION_RECORD_TYPE) read_extension();
    }
    require(DGifGetImageDesc(file_.get()));
  }

  // Large enough for the frame, even if the file says otherwise.
  int64_t width() const { return std::max<int64_t>(file_->SWidth, int64_t{frame().Left} + frame().Width); }
  int64_t height() const { return std::max<int64_t>(file_->SHeight, int64_t{frame().Top} + frame().Height); }
  const GifImageDesc& frame() const { return file_->Image; }

  Palette palette() const {
    Palette palette;
    const ColorMapObject* map = frame().ColorMap != nullptr ? frame().ColorMap : file_->SColorMap;
    if (map == nullptr) return palette;
    for (int i = 0; i < std::min(map->ColorCount, 256); ++i)
      palette.colours[static_cast<size_t>(i)] = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue};
    return palette;
  }

  // The indices of the canvas, which begins as transparent, else with index 0.
  std::vector<uint8_t> indices() {
    const auto row_length = static_cast<size_t>(width()), frame_width = static_cast<size_t>(frame().Width);
    const std::vector<uint8_t> pixels = frame_indices();
    std::vector<uint8_t> canvas(row_length * static_cast<size_t>(height()), transparent_);
    const uint8_t* in = pixels.data();
    const auto next_row = [&](int y) {
      const size_t row = static_cast<size_t>(frame().Top) + static_cast<size_t>(y);
      std::memcpy(&canvas[row * row_length + static_cast<size_t>(frame().Left)], in, frame_width);
      in += frame_width;
    };
    if (frame().Interlace) {
      for (const int first : {0, 4, 2, 1})
        for (int y = first; y < frame().Height; y += first == 0 ? 8 : 2 * first) next_row(y);
    } else {
      for (int y = 0; y < frame().Height; ++y) next_row(y);
    }
    return canvas;
  }

 private:
  static constexpr size_t most_codes = 4096;

  // What a code stands for: what its prefix stands for, and one index more.
  struct Code {
    uint16_t prefix = 0, length = 1;
    uint8_t first = 0, last = 0;
  };

  // The frame's, in the order of the file (LZW).
  std::vector<uint8_t> frame_indices() {
    const int clear = 1 << rest_.data()[-1];  // the length of codes is what giflib read last
    std::vector<uint8_t> out(static_cast<size_t>(frame().Width) * static_cast<size_t>(frame().Height));
    std::array<Code, most_codes> codes;
    for (size_t i = 0; i < static_cast<size_t>(clear); ++i) codes[i].first = codes[i].last = static_cast<uint8_t>(i);
    size_t next = static_cast<size_t>(clear) + 2, before = most_codes;  // none
    for (size_t done = 0; done < out.size();) {
      int read_code = 0;
      require(DGifGetLZCodes(file_.get(), &read_code));
      if (read_code < 0) fail_gif(D_GIF_ERR_EOF_TOO_SOON);
      const auto code = static_cast<size_t>(read_code);
      if (read_code == clear) {
        next = static_cast<size_t>(clear) + 2;
        before = most_codes;
        continue;
      }
      const bool is_next = code == next && before < most_codes;
      if (read_code > clear && code >= next && !is_next) fail_gif(D_GIF_ERR_IMAGE_DEFECT);
      if (before < most_codes && next < most_codes) {
        const Code& prefix = codes[before];
        codes[next++] = {static_cast<uint16_t>(before), static_cast<uint16_t>(prefix.length + 1), prefix.first,
                         is_next ? prefix.first : codes[code].first};
      }
      size_t index = code;
      for (size_t at = done + codes[code].length; at-- > done; index = codes[index].prefix)
        if (at < out.size()) out[at] = codes[index].last;  // the last string may be too long
      done += codes[code].length;
      before = code;
    }
    return out;
  }

  struct Close {
    void operator()(GifFileType* file) const { DGifCloseFile(file, nullptr); }
  };

  static int read(GifFileType* file, GifByteType* out, int count) {
    auto& rest = static_cast<GifDecoder*>(file->UserData)->rest_;
    const size_t given = std::min(rest.size(), static_cast<size_t>(count));
    std::memcpy(out, rest.data(), given);
    rest = rest.subspan(given);
    return static_cast<int>(given);
  }

  GifRecordType next_record() {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    while (DGifGetRecordType(file_.get(), &type) !=
           GIF_OK)  // stray bytes between records are passed over, as in Pillow
      if (file_->Error != D_GIF_ERR_WRONG_RECORD) fail_gif(file_->Error);
    return type;
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // its length, then its bytes
    require(DGifGetExtension(file_.get(), &code, &block));
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr && block[0] >= 4 && (block[1] & 1) != 0)
      transparent_ = block[4];
    while (block != nullptr) require(DGifGetExtensionNext(file_.get(), &block));
  }

  void require(int result) const {
    if (result != GIF_OK) fail_gif(file_->Error);
  }
  [[noreturn]] void fail_gif(int error) const {
    if (error == D_GIF_ERR_NOT_ENOUGH_MEM) fail_memory(name_);
    const char* reason = GifErrorString(error);
    fail_picture(name_, std::string("broken or truncated GIF: ") + (reason == nullptr ? "unknown error" : reason));
  }

  Bytes rest_;
  const std::string& name_;
  std::unique_ptr<GifFileType, Close> file_;
  uint8_t transparent_ = 0;
};

}  // namespace

void decode_gif(Bytes bytes, const std::string& name, Image& image) {
  GifDecoder decoder(bytes, name);
  decoder.find_frame();
  check_extents(decoder.frame().Width, decoder.frame().Height, name);
  check_extents(decoder.width(), decoder.height(), name);
  constexpr int64_t longest_string = 4096;  // pixels of a code, which takes at least 3 bits
  check_plausible(int64_t{decoder.frame().Width} * decoder.frame().Height,
                  static_cast<int64_t>(bytes.size()) * 8 / 3 * longest_string, bytes.size(), name);
  check_canvas(decoder.width(), decoder.height(), int64_t{decoder.frame().Width} * decoder.frame().Height, name);
  image.resize(static_cast<int>(decoder.width()), static_cast<int>(decoder.height()));
  paint(decoder.palette(), decoder.indices(), image);
}

}  // namespace radial::detail
