#include <dray/base/error.hpp>
#include <iostream>

int main() {
  std::cout << dray::name(dray::ErrorCode::digest_mismatch) << '\n';
  return 0;
}
