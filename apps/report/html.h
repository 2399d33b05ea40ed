// Pieces of an HTML page.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace radial::apps {

// A text as it is shown, in an element or in a quoted attribute: < > & " ' are written as entities; control characters,
// but for ends of lines, and what is no UTF-8 become U+FFFD.
std::string html_text(const std::string& text);

// Rows of texts, of which the first is the row's name. Columns of numbers are aligned at the right, if they may.
class HtmlTable {
 public:
  explicit HtmlTable(std::vector<std::string> header, bool aligns = true)
      : header_(std::move(header)), aligns_(aligns) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }  // as many as the header has
  bool empty() const { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> header_;
  bool aligns_;
  std::vector<std::vector<std::string>> rows_;
};

// A heading and what stands under it; nothing if that is nothing.
std::string html_section(const std::string& title, const std::string& body);
// The same, shown when it is asked for.
std::string html_details(const std::string& summary, const std::string& body);

// A whole page that needs no other file: light or dark as the reader's system is, readable on a narrow screen.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace radial::apps
