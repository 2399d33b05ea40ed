"""The order in which Radial takes the pictures of an epoch: core/random.h and data/loader.cpp in Python."""

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1
SHUFFLE = 2  # the stream of random numbers that shuffling draws from


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK32, (p0 >> 32) ^ c3 ^ k1, p0 & MASK32
        k0, k1 = (k0 + 0x9E3779B9) & MASK32, (k1 + 0xBB67AE85) & MASK32
    return c0, c1, c2, c3


def random_bits(seed, stream, epoch, draw):
    """Draw number `draw`, 64 bits, of the sequence (seed, stream, epoch)."""
    block = philox((draw // 2, 0, 0, stream << 24 | epoch), (seed & MASK32, seed >> 32))
    half = draw % 2 * 2
    return block[half + 1] << 32 | block[half]


def epoch_order(n, seed, epoch):
    """Positions 0 to n - 1, shuffled as Radial shuffles them in an epoch (from 1)."""
    order = list(range(n))
    for draw, i in enumerate(range(n - 1, 0, -1)):
        j = random_bits(seed, SHUFFLE, epoch, draw) * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    return order
