"""RFC 6962 trees: what §6.5 calls hashing, and both kinds of proof."""

from encoding import need, sha256


def leaf_hash(entry):
    return sha256(b'\0', entry)


def node_hash(left, right):
    return sha256(b'\1', left, right)


def _split(size):
    """The largest power of two below size."""
    return 1 << (size - 1).bit_length() - 1


def root_of(hashes):
    if not hashes:
        return sha256(b'')
    if len(hashes) == 1:
        return hashes[0]
    k = _split(len(hashes))
    return node_hash(root_of(hashes[:k]), root_of(hashes[k:]))


def inclusion(index, hashes):
    if len(hashes) == 1:
        return []
    k = _split(len(hashes))
    if index < k:
        return inclusion(index, hashes[:k]) + [root_of(hashes[k:])]
    return inclusion(index - k, hashes[k:]) + [root_of(hashes[:k])]


def consistency(old, hashes):
    """From the tree of the first `old` hashes to the whole; empty from 0 and to itself."""
    return _sub_proof(old, hashes, True) if 0 < old < len(hashes) else []


def _sub_proof(old, hashes, whole):
    if old == len(hashes):
        return [] if whole else [root_of(hashes)]
    k = _split(len(hashes))
    if old <= k:
        return _sub_proof(old, hashes[:k], whole) + [root_of(hashes[k:])]
    return _sub_proof(old - k, hashes[k:], False) + [root_of(hashes[:k])]


def root_from_inclusion(index, size, leaf, path):
    """The root that this path leads to (RFC 9162 §2.1.3.2)."""
    need(0 <= index < size, 'index beyond the tree')
    fn, sn, root = index, size - 1, leaf
    for each in path:
        need(sn > 0, 'path too long')
        if fn & 1 or fn == sn:
            root = node_hash(each, root)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, each)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, 'path too short')
    return root


def check_consistency(old, old_root, size, root, path):
    """RFC 9162 §2.1.4.2."""
    need(old <= size, 'shrunk')
    if old == 0 or old == size:
        need(not path and (old == 0 or old_root == root), 'consistency')
        return
    path = list(path) if old & (old - 1) else [old_root, *path]
    need(path, 'consistency')
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for each in path[1:]:
        need(sn > 0, 'consistency')
        if fn & 1 or fn == sn:
            first, second = node_hash(each, first), node_hash(each, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, each)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and first == old_root and second == root, 'consistency')
