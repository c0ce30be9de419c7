#include <gtest/gtest.h>

#include <dray/server/limits.hpp>
#include <string>
#include <vector>

#include "engine_fixture.hpp"

namespace dray::server {
namespace engine_requests_test {
namespace {

using testing::RawClient;

const std::string follow_up = "GET /text HTTP/1.1\r\nHost: a\r\n\r\n";

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string with_lines(const std::string& lines) { return "GET /text HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n"; }
std::string put(const std::string& lines, const std::string& body = "") {
  return "PUT /sum HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + body;
}

struct Case {
  std::string name;
  std::string request;
  int status;
  std::string body_begins = "";
  std::string method = "GET";
};

std::string case_name(const ::testing::TestParamInfo<Case>& info) { return info.param.name; }

constexpr std::size_t piece_sizes[] = {1, 2, 3, 7, 4096};

// ---- what is served, and leaves the connection usable

class EngineGoodRequest : public ::testing::TestWithParam<Case> {};

TEST_P(EngineGoodRequest, IsAnsweredHoweverItIsCut) {
  EngineBed bed;
  const auto& row = GetParam();
  for (const auto piece : piece_sizes) {
    RawClient client(bed.port());
    send_in_pieces(client, row.request, piece);
    const auto answer = client.read_answer(row.method);
    EXPECT_EQ(answer.status, row.status);
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(answer.body.substr(0, row.body_begins.size()), row.body_begins);
    EXPECT_FALSE(answer.headers.has("Connection"));
    client.send(follow_up);
    EXPECT_EQ(client.read_answer().body, "hello") << "in pieces of " << piece;
  }
  EXPECT_EQ(bed.engine().counts().bad_requests, 0U);
}

const std::string longest_target = "/echo?a=" + std::string(limits::max_target_bytes - 8, 'x');
const std::string many_lines = repeated("X-A: 1\r\n", limits::max_header_lines - 1);
const std::string longest_head = "X-A: " + std::string(limits::max_head_bytes - 43, 'x') + "\r\n";

const std::vector<Case> good_requests = {
    {"Plain", get("/text"), 200, "hello"},
    {"SharedBody", get("/shared"), 200, "shared hello"},
    {"Head", "HEAD /text HTTP/1.1\r\nHost: a\r\n\r\n", 200, "", "HEAD"},
    {"HeadOfAFile", "HEAD /file?n=5000 HTTP/1.1\r\nHost: a\r\n\r\n", 200, "", "HEAD"},
    {"HeadOfAStream", "HEAD /stream?n=5000 HTTP/1.1\r\nHost: a\r\n\r\n", 200, "", "HEAD"},
    {"EmptyLineInFront", "\r\n" + get("/text"), 200, "hello"},
    {"UnknownMethod", "BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n", 200, "other /echo"},
    {"AbsoluteForm", get("http://b:5000/echo?x=1"), 200, "GET /echo\n? x = 1\nHost: b:5000\n"},
    {"AbsoluteFormHttps", get("HTTPS://b/echo"), 200, "GET /echo\nHost: b\n"},
    {"AbsoluteFormWithoutPath", get("http://b"), 200, "GET /\nHost: b\n"},
    {"AbsoluteFormQueryOnly", get("http://b?x=1"), 200, "GET /\n? x = 1\nHost: b\n"},
    {"OptionsOfTheServer", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"OptionsOfAPath", "OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n", 200, "OPTIONS /echo"},
    {"DecodesTheQuery", get("/echo?a=%2Fb%20c+d&e&=f&&g=h=i"), 200,
     "GET /echo\n? a = /b c+d\n? e = \n?  = f\n? g = h=i\n"},
    {"LeavesThePathEncoded", get("/echo/../echo"), 404},
    {"ObsTextInAValue", with_lines("X-A: caf\xc3\xa9\r\n"), 200, "hello"},
    {"NoBlankBehindColon", "GET /echo HTTP/1.1\r\nHost:a\r\nX-A:\r\n\r\n", 200, "GET /echo\nHost: a\nX-A: \n"},
    {"HostWithPort", "GET /text HTTP/1.1\r\nHost: [::1]:5000\r\n\r\n", 200, "hello"},
    {"LongestTarget", get(longest_target), 200, "GET /echo"},
    {"MostLines", with_lines(many_lines), 200, "hello"},
    {"LongestHead", with_lines(longest_head), 200, "hello"},
    {"LengthZero", put("Content-Length: 0\r\n"), 201, "0 "},
    {"NoBody", put(""), 201, "0 "},
    {"Length", put("Content-Length: 5\r\n", "12345"), 201, "5 "},
    {"LengthWithZeros", put("Content-Length: 0005\r\n", "12345"), 201, "5 "},
    {"Chunks", put("Transfer-Encoding: chunked\r\n", "5\r\n12345\r\n00A\r\n1234567890\r\n0\r\n\r\n"), 201, "15 "},
    {"ChunkedInCapitals", put("Transfer-Encoding: CHUNKED\r\n", "1\r\n1\r\n0\r\n\r\n"), 201, "1 "},
    {"NoChunks", put("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 201, "0 "},
    {"ChunkExtensionAndTrailer",
     put("Transfer-Encoding: chunked\r\n", "3;a=b;c=\"d e\"\r\n123\r\n0;x\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n"), 201, "3 "},
    {"BodyNobodyWants", "PUT /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345", 401, "who are you"},
    {"GetWithABody", "GET /text HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /", 200, "hello"},
    {"KeepsAnOldClient", "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n", 200, "GET /echo"},
};
INSTANTIATE_TEST_SUITE_P(Table, EngineGoodRequest, ::testing::ValuesIn(good_requests), case_name);

// ---- what is refused: one answer, and the end, whatever stands behind it

class EngineRefusal : public ::testing::TestWithParam<Case> {
 protected:
  static void expect_one_answer_and_the_end(std::size_t piece) {
    EngineBed bed;
    const auto& row = GetParam();
    RawClient client(bed.port());
    send_in_pieces(client, row.request + follow_up, piece);
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(answer.body.substr(0, 9), "refused: ");
    EXPECT_EQ(answer.headers.get("Connection"), "close");
    EXPECT_EQ(client.read_to_end(), "") << "in pieces of " << piece;
    EXPECT_FALSE(client.was_reset());
    EXPECT_EQ(bed.service().takers.finished, 0);
    const auto served = bed.wait_for_served(1);
    EXPECT_EQ(served.size(), 1U);
    EXPECT_EQ(served.front().status, row.status);
  }
};

using S13Framing = EngineRefusal;
TEST_P(S13Framing, GetsOneAnswerAndTheEnd) {
  for (const auto piece : piece_sizes) expect_one_answer_and_the_end(piece);
}

const std::vector<Case> framing = {
    {"LengthAndChunks", put("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
    {"ChunksAndLength", put("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
    {"LengthAndGzip", put("Content-Length: 5\r\nTransfer-Encoding: gzip\r\n", "12345"), 400},
    {"TwoLengths", put("Content-Length: 5\r\nContent-Length: 6\r\n", "12345"), 400},
    {"TheSameLengthTwice", put("Content-Length: 5\r\nContent-Length: 5\r\n", "12345"), 400},
    {"ListOfLengths", put("Content-Length: 5, 5\r\n", "12345"), 400},
    {"NegativeLength", put("Content-Length: -5\r\n"), 400},
    {"SignedLength", put("Content-Length: +5\r\n", "12345"), 400},
    {"HexLength", put("Content-Length: 0x5\r\n", "12345"), 400},
    {"EmptyLength", put("Content-Length:\r\n"), 400},
    {"LengthOf2To64", put("Content-Length: 18446744073709551616\r\n"), 400},
    {"LengthWithABlankInside", put("Content-Length: 1 2\r\n"), 400},
    {"OtherCoding", put("Transfer-Encoding: gzip\r\n"), 501},
    {"GzipAndChunked", put("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
    {"ChunkedTwice", put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
    {"ChunkedThenIdentity", put("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400},
    {"ChunkedListedTwice", put("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
    {"ChunkedLookalike", put("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
    {"ChunkedInHttp10", "PUT /sum HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"BlankBeforeColon", put("Content-Length : 5\r\n", "12345"), 400},
    {"FoldedLine", with_lines("X-A: 1\r\n 2\r\n"), 400},
    {"FoldedLength", put("Content-Length:\r\n 5\r\n", "12345"), 400},
    {"FoldedFirstLine", "GET /text HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n", 400},
    {"BareCrInAValue", with_lines("X-A: 1\r2\r\n"), 400},
    {"BareCrInTheTarget", get("/te\rxt"), 400},
    {"BareLf", "GET /text HTTP/1.1\nHost: a\n\n", 400},
    {"BareLfBehindALine", with_lines("X-A: 1\nX-B: 2\r\n"), 400},
    {"BareLfAtTheEnd", "GET /text HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"NulInAValue", with_lines(std::string("X-A: 1\0002\r\n", 10)), 400},
    {"NulInTheTarget", get(std::string("/te\0xt", 6)), 400},
    {"DelInAValue", with_lines("X-A: 1\x7f\r\n"), 400},
    {"EscapeInAValue", with_lines("X-A: \x1b[31m\r\n"), 400},
    {"LineWithoutColon", with_lines("X-A\r\n"), 400},
    {"LineWithoutName", with_lines(": 1\r\n"), 400},
    {"TwoEmptyLinesInFront", "\r\n\r\n" + get("/text"), 400},
    {"NoHost", "GET /text HTTP/1.1\r\nX-A: 1\r\n\r\n", 400},
    {"TwoHosts", with_lines("Host: a\r\n"), 400},
    {"TwoHostsInHttp10", "GET /text HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"HostWithAPath", "GET /text HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"HostWithAUser", "GET /text HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"OtherExpectation", put("Expect: the-unexpected\r\nContent-Length: 5\r\n", "12345"), 417},
};
INSTANTIATE_TEST_SUITE_P(Table, S13Framing, ::testing::ValuesIn(framing), case_name);

class EngineMalformed : public EngineRefusal {};
TEST_P(EngineMalformed, GetsOneAnswerAndTheEnd) {
  for (const auto piece : piece_sizes) expect_one_answer_and_the_end(piece);
}

const std::vector<Case> malformed = {
    {"NotHttp", "\x16\x03\x01\x02", 400},
    {"NoVersion", "GET /text\r\nHost: a\r\n\r\n", 400},
    {"OtherProtocol", "GET /text ICAP/1.0\r\nHost: a\r\n\r\n", 400},
    {"LowerCaseVersion", "GET /text http/1.1\r\nHost: a\r\n\r\n", 400},
    {"LongVersion", "GET /text HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"Version09", "GET /text HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"Version12", "GET /text HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"Version30", "GET /text HTTP/3.0\r\nHost: a\r\n\r\n", 505},
    {"TwoBlanks", "GET  /text HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"BlankInTheTarget", get("/a b"), 400},
    {"TabInTheTarget", get("/a\tb"), 400},
    {"HighBitInTheTarget", get("/caf\xc3\xa9"), 400},
    {"Fragment", get("/text#x"), 400},
    {"QuoteInTheTarget", get("/\"text\""), 400},
    {"NoPath", get("text"), 400},
    {"OtherScheme", get("ftp://a/text"), 400},
    {"UserInTheTarget", get("http://u:p@a/text"), 400},
    {"NoAuthority", get("http:///text"), 400},
    {"Connect", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"StarForGet", get("*"), 400},
    {"CutEscapeInThePath", get("/text%2"), 400},
    {"BadEscapeInThePath", get("/te%zzxt"), 400},
    {"BadEscapeInAParameter", get("/text?a=%zz"), 400},
    {"BadEscapeInAName", get("/text?%4=a"), 400},
    {"TooManyParameters", get("/text?" + repeated("a=1&", limits::max_parameters + 1)), 400},
    {"TargetTooLong", get(longest_target + "x"), 414},
    {"TargetMuchTooLong", get("/" + std::string(3 * limits::max_head_bytes, 'x')), 414},
    {"TooManyLines", with_lines(many_lines + "X-A: 1\r\n"), 431},
    {"HeadTooLong", with_lines("X-B: 2\r\n" + longest_head), 431},
    {"LineMuchTooLong", with_lines("X-A: " + std::string(3 * limits::max_head_bytes, 'x') + "\r\n"), 431},
};
INSTANTIATE_TEST_SUITE_P(Table, EngineMalformed, ::testing::ValuesIn(malformed), case_name);

class S13Chunks : public EngineRefusal {};
TEST_P(S13Chunks, EndWithOneAnswer) {
  for (const auto piece : piece_sizes) expect_one_answer_and_the_end(piece);
}

std::string chunks(const std::string& body) { return put("Transfer-Encoding: chunked\r\n", body); }

const std::vector<Case> bad_chunks = {
    {"SizeOf2To64", chunks("10000000000000000\r\n"), 400},
    {"SizeOfManyDigits", chunks(std::string(40, 'f') + "\r\n"), 400},
    {"EndlessSize", chunks(std::string(2 * limits::max_chunk_overhead_bytes, '0') + "5\r\n12345\r\n0\r\n\r\n"), 400},
    {"NegativeSize", chunks("-5\r\n12345\r\n0\r\n\r\n"), 400},
    {"SignedSize", chunks("+5\r\n12345\r\n0\r\n\r\n"), 400},
    {"HexPrefix", chunks("0x5\r\n12345\r\n0\r\n\r\n"), 400},
    {"NoSize", chunks("\r\n12345\r\n0\r\n\r\n"), 400},
    {"NoNumber", chunks("five\r\n12345\r\n0\r\n\r\n"), 400},
    {"BareLfBehindTheSize", chunks("5\n12345\r\n0\r\n\r\n"), 400},
    {"BareCrBehindTheSize", chunks("5\r12345\r\n0\r\n\r\n"), 400},
    {"LongerThanItSays", chunks("5\r\n123456\r\n0\r\n\r\n"), 400},
    {"ShorterThanItSays", chunks("5\r\n1234\r\n0\r\n\r\n"), 400},
    {"OversizedExtension",
     chunks("5;a=" + std::string(2 * limits::max_chunk_overhead_bytes, 'x') + "\r\n12345\r\n0\r\n\r\n"), 400},
    {"ManyExtensions", chunks(repeated("1;abcdefgh=ijklmnop\r\nx\r\n", 1200) + "0\r\n\r\n"), 400},
    {"ExtensionWithALf", chunks("5;a\nb\r\n12345\r\n0\r\n\r\n"), 400},
    {"OversizedTrailer", chunks("0\r\nX-A: " + std::string(2 * limits::max_chunk_overhead_bytes, 'x') + "\r\n\r\n"),
     400},
    {"LengthInTheTrailer", chunks("0\r\nContent-Length: 5\r\n\r\n"), 400},
    {"BareLfInTheTrailer", chunks("0\r\nX-A: 1\n\r\n\r\n"), 400},
};
INSTANTIATE_TEST_SUITE_P(Table, S13Chunks, ::testing::ValuesIn(bad_chunks), case_name);

TEST(S15Http2, PrefaceGets505AndTheEnd) {
  EngineBed bed;
  for (const auto piece : piece_sizes) {
    RawClient client(bed.port());
    send_in_pieces(client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9), piece);
    EXPECT_EQ(client.read_answer().status, 505);
    EXPECT_EQ(client.read_to_end(), "");
  }
}

TEST(S15Http2, UpgradeIsNotTakenUp) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto answer = client.ask("GET", "/text", {{"Connection", "Upgrade, HTTP2-Settings"}, {"Upgrade", "h2c"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
}

TEST(S18LogInjection, NoControlCharacterOfARequestIsTold) {
  EngineBed bed;
  for (const auto* const target : {"/a\rb", "/a\x1b[2Kb", "/a\x7f", "/a\x01"}) {
    RawClient client(bed.port());
    client.send(get(target));
    EXPECT_EQ(client.read_answer().status, 400);
  }
  RawClient client(bed.port());
  client.send(with_lines("User-Agent: x\x1b[31m\r\n"));
  EXPECT_EQ(client.read_answer().status, 400);
  for (const auto& record : bed.wait_for_served(5)) {
    for (const auto& text : {record.target, record.user_agent, record.method}) {
      for (const char c : text) EXPECT_GE(static_cast<unsigned char>(c), 0x20U) << text;
    }
  }
}

}  // namespace
}  // namespace engine_requests_test
}  // namespace dray::server
