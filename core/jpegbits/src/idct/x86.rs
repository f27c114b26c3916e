//! The transforms with AVX2.
//!
//! There are no closures here: one that is not inlined is compiled without the processor's features, an intrinsic at a time.

use super::{Block, EVEN, FOUR_EVEN, FOUR_ODD, Kernel, ODD, PLACES, Quantisation, TWO_ODD, clamp};
use core::arch::x86_64::{__m128i, __m256i};
use pulp::x86::V3;
use pulp::{NullaryFnOnce, cast};

/// For each 16 bytes of a block: the place of each in each 16 bytes in zigzag order; 128 where it is not among them.
const ORDER: [[[u8; 16]; 4]; 4] = {
    let mut order = [[[128; 16]; 4]; 4];
    let mut at = 0;
    while at < 64 {
        let place = PLACES[at] as usize;
        order[place / 16][at / 16][place % 16] = (at % 16) as u8;
        at += 1;
    }
    order
};

/// Bytes 0, 4, 8, 12; 1, 5, 9, 13 … of each half.
const TRANSPOSED: [u32; 8] = {
    let quarter = [0x0c08_0400, 0x0d09_0501, 0x0e0a_0602, 0x0f0b_0703];
    let mut both = [0; 8];
    let mut at = 0;
    while at < 8 {
        both[at] = quarter[at % 4];
        at += 1;
    }
    both
};

const fn pair(a: i32, b: i32) -> i32 {
    (a as u16 as u32 | (b as u16 as u32) << 16) as i32
}

/// A pair of weights everywhere.
const fn all(a: i32, b: i32) -> [i32; 8] {
    [pair(a, b); 8]
}

/// One pair of weights in the low half, another in the high one.
const fn halves(a: i32, b: i32, c: i32, d: i32) -> [i32; 8] {
    let (low, high) = (pair(a, b), pair(c, d));
    [low, low, low, low, high, high, high, high]
}

#[inline(always)]
fn add(simd: V3, a: __m256i, b: __m256i) -> __m256i {
    simd.avx2._mm256_add_epi32(a, b)
}

#[inline(always)]
fn sub(simd: V3, a: __m256i, b: __m256i) -> __m256i {
    simd.avx2._mm256_sub_epi32(a, b)
}

/// Products with pairs of weights, summed by pairs.
#[inline(always)]
fn weigh(simd: V3, a: __m256i, weights: [i32; 8]) -> __m256i {
    simd.avx2._mm256_madd_epi16(a, cast(weights))
}

#[inline(always)]
fn pack(simd: V3, a: __m256i, b: __m256i) -> __m256i {
    simd.avx2._mm256_packs_epi32(a, b)
}

#[inline(always)]
fn shift<const N: i32>(simd: V3, a: __m256i) -> __m256i {
    simd.avx2._mm256_srai_epi32::<N>(a)
}

/// Numbers of 32 bits 0 and 2 of each half of two registers.
#[inline(always)]
fn evens(simd: V3, a: __m256i, b: __m256i) -> __m256i {
    cast(simd.avx._mm256_shuffle_ps::<0x88>(cast(a), cast(b)))
}

/// Numbers of 32 bits 1 and 3 of each half of two registers.
#[inline(always)]
fn odds(simd: V3, a: __m256i, b: __m256i) -> __m256i {
    cast(simd.avx._mm256_shuffle_ps::<0xdd>(cast(a), cast(b)))
}

#[inline(always)]
fn low_halves(simd: V3, a: __m256i, b: __m256i) -> __m256i {
    simd.avx2._mm256_permute2x128_si256::<0x20>(a, b)
}

#[inline(always)]
fn high_halves(simd: V3, a: __m256i, b: __m256i) -> __m256i {
    simd.avx2._mm256_permute2x128_si256::<0x31>(a, b)
}

#[inline(always)]
fn dequantised(simd: V3, block: &Block, quantisation: &Quantisation) -> [__m256i; 4] {
    let b: [__m256i; 4] = cast(block.0);
    let q: [__m256i; 4] = cast(quantisation.0);
    [
        simd.avx2._mm256_mullo_epi16(b[0], q[0]),
        simd.avx2._mm256_mullo_epi16(b[1], q[1]),
        simd.avx2._mm256_mullo_epi16(b[2], q[2]),
        simd.avx2._mm256_mullo_epi16(b[3], q[3]),
    ]
}

/// A transform to eight of pairs (0, 4), (2, 6), (1, 3), (5, 7).
#[inline(always)]
fn eight<const SHIFT: i32>(simd: V3, x: [__m256i; 4], rounding: i32) -> [__m256i; 8] {
    let rounding = simd.avx._mm256_set1_epi32(rounding);
    let sum = add(simd, weigh(simd, x[0], const { all(8192, 8192) }), rounding);
    let difference = add(simd, weigh(simd, x[0], const { all(8192, -8192) }), rounding);
    let outer = weigh(simd, x[1], const { all(EVEN[0][0], EVEN[0][1]) });
    let inner = weigh(simd, x[1], const { all(EVEN[1][0], EVEN[1][1]) });
    let (e0, e3) = (add(simd, sum, outer), sub(simd, sum, outer));
    let (e1, e2) = (add(simd, difference, inner), sub(simd, difference, inner));
    macro_rules! odd {
        ($at:literal) => {
            add(
                simd,
                weigh(simd, x[2], const { all(ODD[$at][0], ODD[$at][1]) }),
                weigh(simd, x[3], const { all(ODD[$at][2], ODD[$at][3]) }),
            )
        };
    }
    let (o0, o1, o2, o3) = (odd!(0), odd!(1), odd!(2), odd!(3));
    [
        shift::<SHIFT>(simd, add(simd, e0, o0)),
        shift::<SHIFT>(simd, add(simd, e1, o1)),
        shift::<SHIFT>(simd, add(simd, e2, o2)),
        shift::<SHIFT>(simd, add(simd, e3, o3)),
        shift::<SHIFT>(simd, sub(simd, e3, o3)),
        shift::<SHIFT>(simd, sub(simd, e2, o2)),
        shift::<SHIFT>(simd, sub(simd, e1, o1)),
        shift::<SHIFT>(simd, sub(simd, e0, o0)),
    ]
}

/// Two times 16 bytes of a block.
#[inline(always)]
fn gather<const A: usize, const B: usize>(simd: V3, zigzag: [__m256i; 4]) -> __m256i {
    macro_rules! part {
        ($at:literal) => {
            simd.avx2._mm256_shuffle_epi8(zigzag[$at], cast(const { [ORDER[A][$at], ORDER[B][$at]] }))
        };
    }
    simd.avx2._mm256_or_si256(
        simd.avx2._mm256_or_si256(part!(0), part!(1)),
        simd.avx2._mm256_or_si256(part!(2), part!(3)),
    )
}

impl Kernel for V3 {
    #[inline(always)]
    fn run<F: NullaryFnOnce>(self, function: F) -> F::Output {
        self.vectorize(function)
    }

    #[inline(always)]
    fn arrange(self, zigzag: &[u8; 64], dc: i16) -> Block {
        let parts: [__m128i; 4] = cast(*zigzag);
        let parts = [
            self.avx2._mm256_broadcastsi128_si256(parts[0]),
            self.avx2._mm256_broadcastsi128_si256(parts[1]),
            self.avx2._mm256_broadcastsi128_si256(parts[2]),
            self.avx2._mm256_broadcastsi128_si256(parts[3]),
        ];
        let (a, b) = (gather::<0, 1>(self, parts), gather::<2, 3>(self, parts));
        let first = self.avx2._mm256_cvtepi8_epi16(self.avx._mm256_castsi256_si128(a));
        let second = self.avx2._mm256_cvtepi8_epi16(self.avx2._mm256_extracti128_si256::<1>(a));
        let third = self.avx2._mm256_cvtepi8_epi16(self.avx._mm256_castsi256_si128(b));
        let fourth = self.avx2._mm256_cvtepi8_epi16(self.avx2._mm256_extracti128_si256::<1>(b));
        let mean: __m128i = cast([u64::from(dc as u16), 0]);
        let mean = self.avx2._mm256_inserti128_si256::<0>(self.avx._mm256_setzero_si256(), mean);
        Block(cast([self.avx2._mm256_or_si256(first, mean), second, third, fourth]))
    }

    #[inline(always)]
    fn full(self, block: &Block, quantisation: &Quantisation) -> [[u8; 8]; 8] {
        let s = self;
        let w = eight::<11>(s, dequantised(s, block, quantisation), 1 << 10);
        let (a, b) = (pack(s, w[0], w[1]), pack(s, w[2], w[3]));
        let (c, d) = (pack(s, w[4], w[5]), pack(s, w[6], w[7]));
        // Pairs (0, 4), (1, 3) of lines 0 to 3; (2, 6), (5, 7) of them; the same of lines 4 to 7.
        let (ab_even, ab_odd) = (evens(s, a, b), odds(s, a, b));
        let (cd_even, cd_odd) = (evens(s, c, d), odds(s, c, d));
        let pairs = [
            low_halves(s, ab_even, cd_even),
            low_halves(s, ab_odd, cd_odd),
            high_halves(s, ab_even, cd_even),
            high_halves(s, ab_odd, cd_odd),
        ];
        let w = eight::<18>(s, pairs, (1 << 17) + (128 << 18));
        let (a, b) = (pack(s, w[0], w[1]), pack(s, w[2], w[3]));
        let (c, d) = (pack(s, w[4], w[5]), pack(s, w[6], w[7]));
        let left = s.avx2._mm256_shuffle_epi8(s.avx2._mm256_packus_epi16(a, b), cast(TRANSPOSED));
        let right = s.avx2._mm256_shuffle_epi8(s.avx2._mm256_packus_epi16(c, d), cast(TRANSPOSED));
        // Whole numbers stay in registers, arrays of bytes would go by way of memory.
        let a: [u64; 4] = cast(s.avx2._mm256_unpacklo_epi32(left, right));
        let b: [u64; 4] = cast(s.avx2._mm256_unpackhi_epi32(left, right));
        [
            a[0].to_le_bytes(),
            a[1].to_le_bytes(),
            b[0].to_le_bytes(),
            b[1].to_le_bytes(),
            a[2].to_le_bytes(),
            a[3].to_le_bytes(),
            b[2].to_le_bytes(),
            b[3].to_le_bytes(),
        ]
    }

    #[inline(always)]
    fn half(self, block: &Block, quantisation: &Quantisation) -> [[u8; 4]; 4] {
        let s = self;
        let x = dequantised(s, block, quantisation);
        let mean = add(s, weigh(s, x[0], const { all(16384, 0) }), s.avx._mm256_set1_epi32(1 << 11));
        let wave = weigh(s, x[1], const { all(FOUR_EVEN[0], FOUR_EVEN[1]) });
        let (e0, e1) = (add(s, mean, wave), sub(s, mean, wave));
        macro_rules! odd {
            ($at:literal) => {
                add(
                    s,
                    weigh(s, x[2], const { all(FOUR_ODD[$at][0], FOUR_ODD[$at][1]) }),
                    weigh(s, x[3], const { all(FOUR_ODD[$at][2], FOUR_ODD[$at][3]) }),
                )
            };
        }
        let (o0, o1) = (odd!(0), odd!(1));
        let p = pack(s, shift::<12>(s, add(s, e0, o0)), shift::<12>(s, add(s, e1, o1)));
        let r = pack(s, shift::<12>(s, sub(s, e1, o1)), shift::<12>(s, sub(s, e0, o0)));
        let (a, b) = (evens(s, p, r), odds(s, p, r));
        // Even sums in the low half, odd ones in the high half.
        let outer = add(
            s,
            weigh(s, a, const { halves(16384, 0, FOUR_ODD[0][0], FOUR_ODD[0][1]) }),
            weigh(s, b, const { halves(FOUR_EVEN[0], FOUR_EVEN[1], FOUR_ODD[0][2], FOUR_ODD[0][3]) }),
        );
        let inner = add(
            s,
            weigh(s, a, const { halves(16384, 0, FOUR_ODD[1][0], FOUR_ODD[1][1]) }),
            weigh(s, b, const { halves(-FOUR_EVEN[0], -FOUR_EVEN[1], FOUR_ODD[1][2], FOUR_ODD[1][3]) }),
        );
        let rounding = (1 << 18) + (128 << 19);
        let rounding: __m256i = cast([rounding, rounding, rounding, rounding, 0, 0, 0, 0]);
        four_lines(s, add(s, outer, rounding), add(s, inner, rounding))
    }

    #[inline(always)]
    fn quarter(self, block: &Block, quantisation: &Quantisation) -> [[u8; 2]; 2] {
        let s = self;
        let x = dequantised(s, block, quantisation);
        let mean = weigh(s, x[0], const { all(16384, 0) });
        let mean = add(s, add(s, mean, mean), s.avx._mm256_set1_epi32(1 << 12));
        let odd = add(
            s,
            weigh(s, x[2], const { all(TWO_ODD[0], TWO_ODD[1]) }),
            weigh(s, x[3], const { all(TWO_ODD[2], TWO_ODD[3]) }),
        );
        let w = pack(s, shift::<13>(s, add(s, mean, odd)), shift::<13>(s, sub(s, mean, odd)));
        let weights = const {
            let (mean, low, high) =
                (pair(16384, 0), pair(TWO_ODD[0], TWO_ODD[1]), pair(TWO_ODD[2], TWO_ODD[3]));
            [mean, 0, mean, 0, low, high, low, high]
        };
        let m: [i32; 8] = cast(weigh(s, w, weights));
        [two_samples(m[0], m[4].wrapping_add(m[5])), two_samples(m[2], m[6].wrapping_add(m[7]))]
    }
}

/// Two samples from half of the even sum and the odd sum.
#[inline(always)]
fn two_samples(even: i32, odd: i32) -> [u8; 2] {
    let even = (even << 1).wrapping_add((1 << 19) + (128 << 20));
    [clamp(even.wrapping_add(odd) >> 20), clamp(even.wrapping_sub(odd) >> 20)]
}

/// Four lines from the sums of the outer and the inner samples, even ones in the low half and odd ones in the high half.
#[inline(always)]
fn four_lines(simd: V3, outer: __m256i, inner: __m256i) -> [[u8; 4]; 4] {
    let outer_even = simd.avx._mm256_castsi256_si128(outer);
    let outer_odd = simd.avx2._mm256_extracti128_si256::<1>(outer);
    let inner_even = simd.avx._mm256_castsi256_si128(inner);
    let inner_odd = simd.avx2._mm256_extracti128_si256::<1>(inner);
    let sse2 = simd.sse2;
    let a = sse2._mm_srai_epi32::<19>(sse2._mm_add_epi32(outer_even, outer_odd));
    let b = sse2._mm_srai_epi32::<19>(sse2._mm_add_epi32(inner_even, inner_odd));
    let c = sse2._mm_srai_epi32::<19>(sse2._mm_sub_epi32(inner_even, inner_odd));
    let d = sse2._mm_srai_epi32::<19>(sse2._mm_sub_epi32(outer_even, outer_odd));
    let packed = sse2._mm_packus_epi16(sse2._mm_packs_epi32(a, b), sse2._mm_packs_epi32(c, d));
    let order = const { [TRANSPOSED[0], TRANSPOSED[1], TRANSPOSED[2], TRANSPOSED[3]] };
    let lines: [u32; 4] = cast(simd.ssse3._mm_shuffle_epi8(packed, cast(order)));
    [lines[0].to_le_bytes(), lines[1].to_le_bytes(), lines[2].to_le_bytes(), lines[3].to_le_bytes()]
}
