// The pictures of a gallery that are nearest to single ones, as text and as a sheet.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/transforms.h"
#include "tasks/picture_options.h"
#include "tasks/retrieve/contact_sheet.h"
#include "tasks/retrieve/retrieve.h"
#include "train/task_options.h"

namespace radial {

class NearestPictures : public Predictor {
 public:
  // Embeds the whole gallery.
  NearestPictures(std::unique_ptr<Embedder> embedder, const PictureOptions& pictures, const TrainOptions& train,
                  ImageFolder gallery, int top);

  // The `top` nearest pictures, the same file aside. Throws Error(non_finite) if the vector is not finite.
  Answer predict(const std::string& file) override;
  // A row for each answer: the picture and its nearest ones. A frame is green where a picture lies in a folder of the
  // same name as the one that was asked for, else red; none where that folder is no class of the gallery.
  void write_sheet(const std::string& path) override;

 private:
  std::unique_ptr<Embedder> embedder_;
  NetworkInput input_;
  int image_size_;
  PictureTransform transform_;
  DType dtype_;  // of pictures
  ImageFolder gallery_;
  int top_;
  Embeddings embeddings_;
  std::vector<SheetRow> rows_;
};

}  // namespace radial
