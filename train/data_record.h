// What a run remembers of its pictures, in dataset.json, so that it goes on with the same.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "data/image_folder.h"

namespace radial {

// Folders, classes and counts; a hash of the names of all files; a fingerprint of the contents of each class, for
// which all pictures are opened.
nlohmann::ordered_json describe(const std::filesystem::path& data, const Dataset& dataset);

// Throws Error(dataset) unless `now` describes the same pictures as the text of a run's dataset.json, wherever they
// lie: names and contents, or names alone if the run is of a version that knew no contents. Error(file_format) with
// the path if the text is no such description.
void check_same_pictures(const std::string& text, const std::string& path, const nlohmann::ordered_json& now);

}  // namespace radial
