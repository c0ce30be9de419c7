#pragma once

#include <dray/core/descriptor.hpp>
#include <dray/core/platform.hpp>
#include <dray/ops/append.hpp>
#include <dray/store/content.hpp>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace dray::ops {

using Annotations = std::vector<std::pair<std::string, std::string>>;

/// What becomes of an index, in this order. A platform without an architecture names all of its operating system, one
/// without an OS version all of them; the variant must be the same.
struct IndexChanges {
  std::vector<Platform> keep;  ///< Not empty: every other image goes.
  std::vector<Platform> remove_platforms;
  std::vector<Digest> remove_digests;
  std::vector<IndexMember> add;   ///< As for `create_index`.
  bool replace = false;           ///< An image that is added takes the place of the one for its platform.
  Annotations entry_annotations;  ///< Of what is added; OCI only.
  Annotations annotations;        ///< Of the index; OCI only.
};

struct ChangedIndex {
  Descriptor was;
  Descriptor now;  ///< The same where nothing was to change.
  std::vector<Descriptor> added;
  std::vector<Descriptor> removed;
};

/// Changes the index that a tag of `store` points at and sets the tag to the new one. What is added is copied there
/// first. Attestations go with the image that they are about. Members of the document and of its entries that nobody
/// here knows stay, and so does the order; what was removed from the index stays in the store under its digest. Errors:
/// `invalid_input` for a tag of no index, for annotations of a Docker manifest list, where nothing would be left;
/// `not_found` for a platform or digest that it does not have, with those that there are; `conflict` for a second image
/// for one platform without `replace`, and where somebody else has set the tag meanwhile.
[[nodiscard]] Result<ChangedIndex> change_index(ContentStore& store, const std::string& tag,
                                                const IndexChanges& changes, const std::stop_token& stop);

}  // namespace dray::ops
