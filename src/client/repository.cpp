#include <fmt/format.h>
#include <dray/http/response.hpp>

#include "listing.hpp"
#include "repository_impl.hpp"

namespace dray::client {

std::shared_ptr<Repository> Repository::make(std::shared_ptr<RegistryClient> client, RepositoryName name) {
  return std::make_shared<RepositoryImpl>(std::move(client), std::move(name));
}

RepositoryImpl::RepositoryImpl(std::shared_ptr<RegistryClient> client, RepositoryName name)
    : client_(std::move(client)), name_(std::move(name)), links_(client_->clock()) {}

std::string RepositoryImpl::path(std::string_view rest) const { return fmt::format("/v2/{}/{}", name_.path(), rest); }

ApiCall RepositoryImpl::call(http::Method method, std::string_view rest, std::vector<Scope> scopes) const {
  ApiCall call;
  call.method = method;
  call.path = path(rest);
  call.scopes = std::move(scopes);
  return call;
}

Result<RepositoryImpl::Answer> RepositoryImpl::send(const ApiCall& call, const std::string& attempted,
                                                    const std::stop_token& stop) {
  auto answer = client_->send(name_.registry(), call, stop);
  if (!answer) return std::move(answer).error().context(attempted);
  return answer;
}

Result<void> RepositoryImpl::remove(std::string_view rest, const std::string& attempted, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto answer, send(call(http::Method::del, rest, {delete_scope(name_.path())}), attempted, stop));
  const auto status = answer->head().status;
  if (status != 200 && status != 202 && status != 204) return answer_error(*answer, attempted);
  http::discard(std::move(answer));
  return {};
}

void RepositoryImpl::tell(std::string text) const { client_->observer().on(Observer::Note{std::move(text)}); }

Result<std::vector<std::string>> RepositoryImpl::list_tags(const std::stop_token& stop) {
  const Listing listing{
      name_.registry(), path("tags/list"), {pull_scope(name_.path())}, "tags", "list the tags of " + name_.text()};
  return list_all(*client_, listing, stop);
}

}  // namespace dray::client
