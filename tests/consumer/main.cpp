// Copies an image: `consumer mcr.microsoft.com/dotnet/runtime:7.0 oci:runtime:7.0`.
#include <dray/app/app.hpp>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto report = dray::copy(argv[1], argv[2]);
  if (!report) {
    std::cerr << report.error().message() << '\n';
    return 1;
  }
  std::cout << report->copied.digest.text() << ", " << report->bytes_transferred << " bytes moved\n";
  return 0;
}
