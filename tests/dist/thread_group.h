// Ranks that are threads of one process: what waits for others is a barrier, and messages are copies.
#pragma once

#include <barrier>
#include <cstring>
#include <functional>
#include <thread>

#include "dist/group.h"

class ThreadGroups {
 public:
  explicit ThreadGroups(int size) : size_(size), all_come_(size), texts_(ranks()), from_(ranks()), sent_(ranks()) {}

  // f(group) in a thread for each rank.
  void run(const std::function<void(radial::Group&)>& f) {
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size_; ++rank)
      threads.emplace_back([this, rank, &f] {
        One group(*this, rank);
        f(group);
      });
    for (std::thread& thread : threads) thread.join();
  }

 private:
  size_t ranks() const { return static_cast<size_t>(size_); }

  class One : public radial::Group {
   public:
    One(ThreadGroups& all, int rank) : all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return all_.size_; }

    std::vector<std::string> gather(const std::string& mine) override {
      all_.texts_[own()] = mine;
      all_.all_come_.arrive_and_wait();
      std::vector<std::string> texts = all_.texts_;
      all_.all_come_.arrive_and_wait();
      return texts;
    }

    void all_to_all(const std::byte* from, std::span<const radial::Piece> sent, std::byte* to,
                    std::span<const radial::Piece> received) override {
      all_.from_[own()] = from;
      all_.sent_[own()].assign(sent.begin(), sent.end());
      all_.all_come_.arrive_and_wait();
      for (size_t rank = 0; rank < received.size(); ++rank) {
        const radial::Piece piece = all_.sent_[rank][own()];
        same_sizes_ = same_sizes_ && piece.bytes == received[rank].bytes;
        if (piece.bytes > 0)
          std::memcpy(to + received[rank].offset, all_.from_[rank] + piece.offset, static_cast<size_t>(piece.bytes));
      }
      all_.all_come_.arrive_and_wait();
      if (!same_sizes_) std::abort();  // a message of another size than was expected
    }

    void all_gather(std::byte* all, int64_t bytes) override {
      std::vector<radial::Piece> sent(all_.ranks(), {rank_ * bytes, bytes}), received;
      for (int rank = 0; rank < all_.size_; ++rank) received.push_back({rank * bytes, bytes});
      sent[own()].bytes = received[own()].bytes = 0;
      all_to_all(all, sent, all, received);
    }

   private:
    size_t own() const { return static_cast<size_t>(rank_); }

    ThreadGroups& all_;
    int rank_;
    bool same_sizes_ = true;
  };

  int size_;
  std::barrier<> all_come_;
  std::vector<std::string> texts_;
  std::vector<const std::byte*> from_;
  std::vector<std::vector<radial::Piece>> sent_;
};
