#include "data/picture_formats.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "data/decoders.h"

namespace radial {
namespace {

using detail::Bytes;
using namespace std::string_view_literals;

bool has(Bytes bytes, size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() && std::equal(text.begin(), text.end(), bytes.begin() + static_cast<long>(at),
                                                        [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

bool begins_pnm(Bytes bytes) {
  return bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && std::isspace(bytes[2]) != 0;
}

// Files of ISO's base media format name their kind in the first box.
bool has_brand(Bytes bytes, std::string_view brand) { return has(bytes, 4, "ftyp") && has(bytes, 8, brand); }

bool never(Bytes) { return false; }  // told by the name alone

constexpr std::array jpeg = {"jpg"sv, "jpeg"sv, "jpe"sv, "jfif"sv};
constexpr std::array png = {"png"sv, "apng"sv};
constexpr std::array gif = {"gif"sv};
constexpr std::array bmp = {"bmp"sv, "dib"sv};
constexpr std::array pnm = {"ppm"sv, "pgm"sv, "pbm"sv, "pnm"sv};
constexpr std::array webp = {"webp"sv};
constexpr std::array tiff = {"tif"sv, "tiff"sv};
constexpr std::array heif = {"heic"sv, "heif"sv};
constexpr std::array avif = {"avif"sv};
constexpr std::array jpeg2000 = {"jp2"sv, "j2k"sv, "jpx"sv};
constexpr std::array jpegxl = {"jxl"sv};
constexpr std::array pam = {"pam"sv, "pfm"sv};
constexpr std::array targa = {"tga"sv};
constexpr std::array photoshop = {"psd"sv};
constexpr std::array openexr = {"exr"sv};
constexpr std::array raw = {"dng"sv, "cr2"sv, "cr3"sv, "nef"sv, "arw"sv};

constexpr std::array<PictureFormat, 16> formats = {{
    {"JPEG", jpeg, [](Bytes b) { return has(b, 0, "\xFF\xD8\xFF"); }, detail::decode_jpeg},
    {"PNG", png, [](Bytes b) { return has(b, 0, "\x89PNG\r\n\x1A\n"); }, detail::decode_png},
    {"GIF", gif, [](Bytes b) { return has(b, 0, "GIF87a") || has(b, 0, "GIF89a"); }, detail::decode_gif},
    {"BMP", bmp, [](Bytes b) { return has(b, 0, "BM"); }, detail::decode_bmp},
    {"PPM/PGM/PBM", pnm, begins_pnm, detail::decode_pnm},
    {"WebP", webp, [](Bytes b) { return has(b, 0, "RIFF") && has(b, 8, "WEBP"); }, detail::decode_webp},
    {"TIFF", tiff, [](Bytes b) { return has(b, 0, "II*\0"sv) || has(b, 0, "MM\0*"sv); }, nullptr},
    {"HEIF", heif, [](Bytes b) { return has_brand(b, "hei") || has_brand(b, "mif1"); }, nullptr},
    {"AVIF", avif, [](Bytes b) { return has_brand(b, "avi"); }, nullptr},
    {"JPEG 2000", jpeg2000, [](Bytes b) { return has(b, 4, "jP  ") || has(b, 0, "\xFF\x4F\xFF\x51"); }, nullptr},
    {"JPEG XL", jpegxl, [](Bytes b) { return has(b, 4, "JXL ") || has(b, 0, "\xFF\x0A"); }, nullptr},
    {"PAM or PFM", pam, [](Bytes b) { return has(b, 0, "P7\n") || has(b, 0, "PF\n") || has(b, 0, "Pf\n"); }, nullptr},
    {"Targa", targa, never, nullptr},
    {"Photoshop", photoshop, [](Bytes b) { return has(b, 0, "8BPS"); }, nullptr},
    {"OpenEXR", openexr, [](Bytes b) { return has(b, 0, "\x76\x2F\x31\x01"); }, nullptr},
    {"camera raw", raw, never, nullptr},
}};

}  // namespace

std::span<const PictureFormat> picture_formats() { return formats; }

const PictureFormat* format_of_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const PictureFormat& format : formats) {
    if (std::find(format.extensions.begin(), format.extensions.end(), extension) != format.extensions.end())
      return &format;
  }
  return nullptr;
}

const PictureFormat* format_of_bytes(std::span<const uint8_t> bytes) {
  const auto found =
      std::find_if(formats.begin(), formats.end(), [&](const PictureFormat& format) { return format.begins(bytes); });
  return found == formats.end() ? nullptr : &*found;
}

std::string readable_formats() {
  std::string names;
  for (const PictureFormat& format : formats)
    if (format.decode != nullptr) names += (names.empty() ? "" : ", ") + std::string(format.name);
  return names;
}

}  // namespace radial
