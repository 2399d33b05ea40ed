// One folder's entries, sorted by what can be done with them. Nothing that could be a picture is lost: it is either
// listed or named as unusable. Folders may lie in archives (data/picture_archive.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/bad_sample.h"

namespace radial {

// The folders in `root`, by name. Names that begin with a dot are passed over, and so are files; links that lead
// nowhere go to `unusable`. Throws Error(io) if the system does not let it be read.
std::vector<std::string> list_classes(const std::filesystem::path& root, std::vector<BadSample::Entry>& unusable);

// Whether `root` holds folders, or files alone. As list_classes().
enum class Contents { nothing, files, folders };
Contents contents_of(const std::filesystem::path& root);

// The first file in `root` that is called like an archive, if there is one.
std::optional<std::string> archive_in(const std::filesystem::path& root);

// The pictures below the folder of a class, relative to it, sorted by folder and name in byte order; links are
// followed. Files with other names are passed over. To `unusable` go pictures in formats that are not read (by their
// first bytes, where the name says so), without permission, links that lead nowhere or in a circle, folders without
// permission, and pipes, sockets and folders without a picture that are called like one. Throws Error(io) if the system
// fails.
std::vector<std::string> list_pictures(const std::filesystem::path& root, const std::string& class_folder,
                                       std::vector<BadSample::Entry>& unusable);

}  // namespace radial
