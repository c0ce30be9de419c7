#include "registry_fixture.hpp"

#include <dray/base/stream.hpp>
#include <dray/format/json.hpp>
#include <dray/format/manifest.hpp>

#include "percent.hpp"

namespace dray::server {
namespace {

std::string body_of(Body body) {
  if (auto* const text = std::get_if<std::string>(&body)) return std::move(*text);
  if (auto* const shared = std::get_if<std::shared_ptr<const std::string>>(&body)) return *shared ? **shared : "";
  if (auto* const file = std::get_if<FileBody>(&body)) {
    FileSource source(std::move(file->file), file->range);
    return read_all(source, 1 << 30).value();
  }
  auto& stream = std::get<StreamBody>(body);
  return stream.bytes ? read_all(*stream.bytes, 1 << 30).value() : "";
}

Response run(Handled handled, std::string_view body) {
  if (auto* const response = std::get_if<Response>(&handled)) return std::move(*response);
  auto& taker = *std::get<std::unique_ptr<BodyTaker>>(handled);
  for (auto rest = body; !rest.empty();) {
    const auto piece = rest.substr(0, 4096);
    if (const auto written = taker.write(as_bytes(piece)); !written) return taker.refuse(written.error());
    rest.remove_prefix(piece.size());
  }
  return taker.finish();
}

void add_parameter(Request& request, std::string_view text) {
  const auto equals = std::min(text.find('='), text.size());
  request.query.emplace_back(percent_decode(text.substr(0, equals)).value(),
                             percent_decode(text.substr(std::min(equals + 1, text.size()))).value());
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  const auto* const value = headers.find(name);
  return value != nullptr ? *value : "";
}

std::string Answer::code() const {
  const auto json = Json::parse(body);
  if (!json || json->find("errors") == nullptr) return {};
  const auto* const errors = json->find("errors")->as_array();
  return errors != nullptr && !errors->empty() ? *errors->front().find("code")->as_string() : std::string();
}

Request make_request(Method method, std::string_view target, const HeaderLines& headers) {
  Request request;
  request.method = method;
  const auto mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  for (auto rest = target.substr(std::min(mark + 1, target.size())); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    add_parameter(request, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  request.peer = "127.0.0.1";
  return request;
}

Answer ask(Service& service, Request request, std::string_view body) {
  request.body_size = body.size();
  const bool head = request.method == Method::head;
  auto response = run(service.handle(request), body);
  Answer answer;
  answer.status = response.status;
  answer.headers = std::move(response.headers);
  if (const auto size = size_of(response.body)) answer.headers.set("Content-Length", std::to_string(*size));
  if (!head) answer.body = body_of(std::move(response.body));
  return answer;
}

std::shared_ptr<RegistryFolder> RegistryFixture::open_storage() {
  auto opened = RegistryFolder::open(directory_.path() / "registry", RegistryFolderOptions(), clock_);
  if (!opened) throw std::runtime_error(opened.error().message());
  return std::shared_ptr<RegistryFolder>(std::move(*opened));
}

void RegistryFixture::serve(RegistryOptions options, std::shared_ptr<Access> access,
                            std::shared_ptr<UpstreamProvider> upstream) {
  service_ = make_registry_service(storage_, std::move(access), std::move(upstream), std::move(options), clock_,
                                   [] { return std::string("dray_more 1\n"); });
}

Answer RegistryFixture::ask(Method method, std::string_view target, const HeaderLines& headers, std::string_view body) {
  return server::ask(*service_, make_request(method, target, headers), body);
}

Digest RegistryFixture::push_blob(const std::string& repository, std::string_view bytes) {
  const auto digest = Digest::of(as_bytes(bytes));
  const auto answer = ask(Method::post, "/v2/" + repository + "/blobs/uploads/?digest=" + digest.text(), {}, bytes);
  EXPECT_EQ(answer.status, 201) << answer.body;
  return digest;
}

std::string RegistryFixture::make_image(const std::string& repository, const std::string& text) {
  const auto config = R"({"architecture":"amd64","os":"linux","config":{"Labels":{"text":")" + text + R"("}}})";
  const auto layer = "the layer of " + text;
  Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                    .config = {.media_type = MediaType::of(media_types::oci_config),
                               .digest = push_blob(repository, config),
                               .size = config.size()},
                    .layers = {{.media_type = MediaType::of(media_types::oci_layer),
                                .digest = push_blob(repository, layer),
                                .size = layer.size()}}};
  return manifest.serialize();
}

Answer RegistryFixture::push_manifest(const std::string& repository, const std::string& name, const std::string& bytes,
                                      std::string_view type) {
  return ask(Method::put, "/v2/" + repository + "/manifests/" + name, {{"Content-Type", std::string(type)}}, bytes);
}

Digest RegistryFixture::push_image(const std::string& repository, const std::string& tag, const std::string& text) {
  const auto bytes = make_image(repository, text);
  const auto answer = push_manifest(repository, tag, bytes);
  EXPECT_EQ(answer.status, 201) << answer.body;
  return Digest::of(as_bytes(bytes));
}

}  // namespace dray::server
