// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/convert.h"
#include "results.h"

namespace isoflop::python {
namespace {

/// One path, or a list of them.
std::vector<std::string> paths_of(const py::object& paths) {
  if (py::isinstance<py::str>(paths) || py::hasattr(paths, "__fspath__")) {
    return {py::str(paths)};
  }
  std::vector<std::string> texts;
  for (const py::handle path : paths) texts.push_back(py::str(path));
  return texts;
}

}  // namespace

void bind_convert(py::module_& module) {
  py::class_<ConvertedFile>(module, "ConvertedFile", "What a file held.")
      .def_readonly("path", &ConvertedFile::path)
      .def_readonly("kind", &ConvertedFile::kind)
      .def_readonly("rows", &ConvertedFile::rows)
      .def_readonly("runs", &ConvertedFile::runs);
  py::class_<Conversion> conversion(
      module, "Conversion", "Runs made from what training tools export.");
  conversion.def_readonly("runs", &Conversion::runs)
      .def_readonly("files", &Conversion::files)
      .def_readonly("findings", &Conversion::findings)
      .def(
          "to_csv",
          [](const Conversion& self) { return runs_csv(self.runs); },
          "The runs as CSV, as the command writes them.")
      .def(
          "write",
          [](const Conversion& self, const py::object& path, bool replace) {
            write_runs(self.runs, py::str(path), replace);
          },
          py::arg("path"),
          py::arg("replace") = false,
          "Writes the runs as CSV.");
  add_report(conversion);
  const std::string doc =
      "Runs from what training tools export: W&B tables and charts,\n"
      "TensorBoard, trainer_state.json, JSON lines.\n\n"
      "    paths: a path or a list of them" +
      options_doc(all_infos<ConvertOptions, ReadOptions>());
  module.def(
      "convert",
      [](const py::object& paths, py::kwargs keywords) {
        ConvertOptions options;
        take(options, keywords, "convert");
        ReadOptions read_options;
        take(read_options, keywords, "convert");
        require_none_left(
            keywords,
            detail::names_of(all_infos<ConvertOptions, ReadOptions>()),
            "convert");
        const std::vector<std::string> texts = paths_of(paths);
        const py::gil_scoped_release release;
        return convert(texts, options, read_options);
      },
      py::arg("paths"),
      doc.c_str());
}

}  // namespace isoflop::python
