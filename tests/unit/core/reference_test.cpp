#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <dray/core/reference.hpp>

namespace dray {
namespace reference_test {
namespace {

using testing::HasSubstr;

const std::string sha256 = "sha256:" + std::string(64, 'a');
const std::string sha512 = "sha512:" + std::string(128, 'b');

struct Good {
  const char* name;
  std::string text;
  std::string registry;
  std::string repository;
  std::string tag;
  std::string digest;
  std::string familiar;
};

TEST(ReferenceParse, ReadsAsDockerDoes) {
  const std::string longest_tag(128, 't');
  const std::array rows{
      Good{"one word", "alpine", "docker.io", "library/alpine", "latest", "", "alpine:latest"},
      Good{"tag", "alpine:3.13", "docker.io", "library/alpine", "3.13", "", "alpine:3.13"},
      Good{"digest", "alpine@" + sha256, "docker.io", "library/alpine", "", sha256, "alpine@" + sha256},
      Good{"sha512", "alpine@" + sha512, "docker.io", "library/alpine", "", sha512, "alpine@" + sha512},
      Good{"tag and digest are both kept", "alpine:3@" + sha256, "docker.io", "library/alpine", "3", sha256,
           "alpine:3@" + sha256},
      Good{"old Docker Hub", "index.docker.io/alpine", "docker.io", "library/alpine", "latest", "", "alpine:latest"},
      Good{"Docker Hub's server", "registry-1.docker.io/a/b:c", "docker.io", "a/b", "c", "", "a/b:c"},
      Good{"Microsoft's", "mcr.microsoft.com/dotnet/core/runtime:3.0", "mcr.microsoft.com", "dotnet/core/runtime",
           "3.0", "", "mcr.microsoft.com/dotnet/core/runtime:3.0"},
      Good{"port and path", "host:5000/x", "host:5000", "x", "latest", "", "host:5000/x:latest"},
      Good{"port, path and tag", "host:5000/x:5000", "host:5000", "x", "5000", "", "host:5000/x:5000"},
      Good{"name and tag, not host and port", "name:tag", "docker.io", "library/name", "tag", "", "name:tag"},
      Good{"localhost with a port alone is a name and a tag", "localhost:5000", "docker.io", "library/localhost",
           "5000", "", "localhost:5000"},
      Good{"localhost alone is a name", "localhost", "docker.io", "library/localhost", "latest", "",
           "localhost:latest"},
      Good{"localhost and path", "localhost/x", "localhost", "x", "latest", "", "localhost/x:latest"},
      Good{"IPv6", "[2001:db8::1]/x:1", "[2001:db8::1]", "x", "1", "", "[2001:db8::1]/x:1"},
      Good{"IPv6 and port", "[::1]:5000/x", "[::1]:5000", "x", "latest", "", "[::1]:5000/x:latest"},
      Good{"IPv6, port and digest", "[::1]:5000/x@" + sha256, "[::1]:5000", "x", "", sha256, "[::1]:5000/x@" + sha256},
      Good{"upper-case letter makes a registry", "FOO/bar", "FOO", "bar", "latest", "", "FOO/bar:latest"},
      Good{"one word with dots is a name", "my.app:1", "docker.io", "library/my.app", "1", "", "my.app:1"},
      Good{"docker scheme", "docker://ghcr.io/x:1", "ghcr.io", "x", "1", "", "ghcr.io/x:1"},
      Good{"what Kubernetes prints", "docker-pullable://ubuntu@" + sha256, "docker.io", "library/ubuntu", "", sha256,
           "ubuntu@" + sha256},
      Good{"longest tag", "alpine:" + longest_tag, "docker.io", "library/alpine", longest_tag, "",
           "alpine:" + longest_tag},
      Good{"every character of a tag", "alpine:_aZ.9-", "docker.io", "library/alpine", "_aZ.9-", "", "alpine:_aZ.9-"},
      Good{"64 hex digits with a tag", std::string(64, 'a') + ":1", "docker.io", "library/" + std::string(64, 'a'), "1",
           "", "docker.io/library/" + std::string(64, 'a') + ":1"},
      Good{"short hex", "deadbeef", "docker.io", "library/deadbeef", "latest", "", "deadbeef:latest"},
      Good{"referrers' tag", "ghcr.io/x:sha256-" + std::string(64, 'a'), "ghcr.io", "x",
           "sha256-" + std::string(64, 'a'), "", "ghcr.io/x:sha256-" + std::string(64, 'a')},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto reference = Reference::parse(row.text);
    ASSERT_TRUE(reference) << reference.error().message();
    EXPECT_EQ(reference->registry().text(), row.registry);
    EXPECT_EQ(reference->repository(), row.repository);
    EXPECT_EQ(reference->tag().value_or(""), row.tag);
    EXPECT_EQ(reference->digest() ? reference->digest()->text() : "", row.digest);
    EXPECT_EQ(reference->target(), row.digest.empty() ? row.tag : row.digest);
    EXPECT_EQ(reference->text(), row.registry + "/" + row.repository + (row.tag.empty() ? "" : ":" + row.tag) +
                                     (row.digest.empty() ? "" : "@" + row.digest));
    EXPECT_EQ(reference->familiar(), row.familiar);
    EXPECT_EQ(*Reference::parse(reference->text()), *reference);
    EXPECT_EQ(*Reference::parse(reference->familiar()), *reference);
  }
}

struct Bad {
  const char* name;
  std::string text;
  const char* says;
};

TEST(ReferenceParse, RefusesWithAHint) {
  const std::array rows{
      Bad{"nothing", "", "is empty: write [REGISTRY/]REPOSITORY[:TAG][@DIGEST]"},
      Bad{"scheme and nothing", "docker://", "is empty"},
      Bad{"hash sign for the at sign", "alpine#" + sha256, "did you mean '@'?"},
      Bad{"hash sign and sha512", "alpine:3#" + sha512, "did you mean '@'?"},
      Bad{"hash sign in a hurry", "alpine#sha256:12", "did you mean '@'?"},
      Bad{"hash sign and something else", "alpine#3", "has no '#'"},
      Bad{"upper case", "Alpine", "repository name must be lowercase: write 'alpine'"},
      Bad{"upper case in a path", "library/Alpine:3", "repository name must be lowercase: write 'library/alpine'"},
      Bad{"upper case behind a registry", "ghcr.io/Org/App", "repository name must be lowercase: write 'org/app'"},
      Bad{"bare image ID", std::string(64, 'a'), "look like an image ID"},
      Bad{"bare digest", sha256, "a digest alone names no repository: write REPOSITORY@sha256:aaa"},
      Bad{"at and no digest", "alpine@", "nothing stands behind the '@'"},
      Bad{"at for the colon", "alpine@latest", "did you mean ':latest'?"},
      Bad{"digest without algorithm", "alpine@" + std::string(64, 'a'), "write sha256:<64 hex digits>"},
      Bad{"short digest", "alpine@sha256:" + std::string(63, 'a'), "has 63 hex digits: sha256 has 64"},
      Bad{"long digest", "alpine@sha256:" + std::string(65, 'a'), "has 65 hex digits: sha256 has 64"},
      Bad{"upper-case digest", "alpine@sha256:" + std::string(64, 'A'), "has upper-case hex digits"},
      Bad{"unknown algorithm", "alpine@blake3:" + std::string(64, 'a'), "sha256 and sha512 are"},
      Bad{"path for a digest", "alpine@sha256:../../x", "looks like a credential"},
      Bad{"tag behind the digest", "alpine@" + sha256 + ":3", "the tag stands before the '@'"},
      Bad{"two digests", "alpine@" + sha256 + "@" + sha256, "the tag stands before the '@'"},
      Bad{"empty tag", "alpine:", "the tag behind ':' is empty"},
      Bad{"empty tag before a digest", "alpine:@" + sha256, "the tag behind ':' is empty"},
      Bad{"tag too long", "alpine:" + std::string(129, 't'), "longer than 128 characters"},
      Bad{"tag begins with a dot", "alpine:.3", "may not begin with '.' or '-'"},
      Bad{"tag begins with a hyphen", "alpine:-3", "may not begin with '.' or '-'"},
      Bad{"tag with a plus", "alpine:1.0+git", "letters, digits, '_', '.' and '-' only"},
      Bad{"two tags", "alpine:3:4", "has the part 'alpine:3'"},
      Bad{"name too long", "ghcr.io/" + std::string(248, 'a'), "longer than 255 characters"},
      Bad{"slash behind", "alpine/", "on one side of a '/'"},
      Bad{"slash in front", "/alpine", "on one side of a '/'"},
      Bad{"two slashes", "ghcr.io//x", "on one side of a '/'"},
      Bad{"registry and slash", "localhost:5000/", "name is missing"},
      Bad{"parent folder", "ghcr.io/../x", "has the part '..'"},
      Bad{"IPv6 without brackets", "2001:db8::1:5000/x", "write an IPv6 address in brackets, as in [::1]:5000"},
      Bad{"IPv6 with a zone", "[fe80::1%eth0]/x", "no IPv6 address"},
      Bad{"IPv6 registry alone", "[::1]:5000", "write REGISTRY/REPOSITORY"},
      Bad{"port out of range", "host:99999/x", "has no port between 1 and 65535"},
      Bad{"bad host", "ho_st.example/x", "no DNS name"},
      Bad{"https URL", "https://ghcr.io/x", "has no 'https://': write 'ghcr.io/x'"},
      Bad{"http URL", "http://localhost:5000/x:1",
          "write 'localhost:5000/x:1' and allow plain HTTP for 'localhost:5000' by --plain-http"},
      Bad{"other scheme", "ftp://ghcr.io/x", "has no scheme 'ftp'"},
      Bad{"docker scheme twice", "docker://docker://x", "has no scheme 'docker'"},
      Bad{"blank in front", " alpine", "a blank"},
      Bad{"newline behind", "alpine\n", "a blank"},
      Bad{"NUL", std::string("alp\0ine", 7), "a blank or a character outside ASCII"},
      Bad{"not ASCII",
          "b\xc3\xbc"
          "cher",
          "outside ASCII"},
      Bad{"credentials", "user:hunter2@ghcr.io/x", "looks like a credential"},
      Bad{"credentials before a port", "user:hunter2@host:5000/x", "looks like a credential"},
      Bad{"credentials in a URL", "https://user:hunter2@ghcr.io/x", "write 'ghcr.io/x'"},
      Bad{"credentials in a URL without a path", "https://user:hunter2@ghcr.io", "write 'ghcr.io'"},
      Bad{"credentials in an http URL", "http://user:hunter2@host:5000/x", "plain HTTP for 'host:5000'"},
      Bad{"backslash", "ghcr.io\\x", "has the part"},
      Bad{"variable left unset", "ghcr.io/$APP", "must be lowercase"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto reference = Reference::parse(row.text);
    ASSERT_FALSE(reference) << reference->text();
    EXPECT_EQ(reference.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(reference.error().message(), HasSubstr(row.says));
    EXPECT_THAT(reference.error().message(), testing::StartsWith("reference '"));
    EXPECT_THAT(reference.error().message(), Not(HasSubstr("hunter2")));
  }
}

struct Hint {
  const char* name;
  std::string_view text;
  const char* says;
};

TEST(ReferenceHint, SpeaksWhereSomethingElseWasProbablyMeant) {
  constexpr std::array rows{
      Hint{"localhost and port", "localhost:5000", "to mean a registry, write 'localhost:5000/REPOSITORY'"},
      Hint{"host and port", "registry.example:443", "to mean a registry, write 'registry.example:443/REPOSITORY'"},
      Hint{"address and port", "127.0.0.1:5000", "write '127.0.0.1:5000/REPOSITORY'"},
      Hint{"upper-case user", "MyUser/app", "must be lowercase, as in 'myuser/app'"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_THAT(Reference::parse(row.text)->hint(), HasSubstr(row.says));
  }
}

TEST(ReferenceHint, IsSilentOtherwise) {
  for (const auto* text : {"alpine", "alpine:3", "localhost/x:5000", "localhost:5000/x", "localhost:v5", "my.app:v1",
                           "a.b/c:5000", "Registry.example/app", "REGISTRY:5000/app"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(Reference::parse(text)->hint(), "");
  }
}

TEST(Reference, IsMadeOfItsParts) {
  const auto name = *RepositoryName::parse("ghcr.io/app");
  const auto digest = *Digest::parse(sha256);
  EXPECT_EQ(Reference(name, digest), *Reference::parse("ghcr.io/app@" + sha256));
  const auto tagged = Reference::make(name, "v1");
  ASSERT_TRUE(tagged);
  EXPECT_EQ(*tagged, *Reference::parse("ghcr.io/app:v1"));
  EXPECT_EQ(tagged->with_digest(digest), *Reference::parse("ghcr.io/app:v1@" + sha256));
  EXPECT_FALSE(Reference::make(name, "no tag"));
}

TEST(ReferenceParse, TakesEveryPieceOfAReferenceWithoutHarm) {
  const std::string text = "docker://[::1]:5000/a__b/c-d.e:tag_1@" + sha256;
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    for (std::size_t size = 0; size <= text.size() - begin; ++size) {
      const auto reference = Reference::parse(std::string_view(text).substr(begin, size));
      if (reference) {
        EXPECT_EQ(*Reference::parse(reference->text()), *reference) << text.substr(begin, size);
      }
    }
  }
}

}  // namespace
}  // namespace reference_test
}  // namespace dray
