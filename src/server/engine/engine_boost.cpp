// The parts of Boost.Asio and Boost.Beast that are not templates, compiled once (BOOST_ASIO_SEPARATE_COMPILATION and
// BOOST_BEAST_SEPARATE_COMPILATION are set for this whole layer).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
