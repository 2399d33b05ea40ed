// Folders that last: a new one, or a name in it, is on the disk when the folder around it was synced.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace radial {

// Makes a folder and those above it that are missing, each synced; one that exists is fine. Returns whether the last
// was made. Error(io) with path and reason.
bool make_folders(const std::string& path);

// Begins to list a folder; goes on where a signal interrupts that, which some network disks tell.
std::filesystem::directory_iterator open_folder(const std::filesystem::path& folder, std::error_code& error);

// What is in a folder, sorted by name. Error(io) with path and reason.
std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder);

// Waits until the names in a folder are on the disk; "" is the working folder.
void sync_folder(const std::string& path);

}  // namespace radial
